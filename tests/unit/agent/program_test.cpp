#include "guest-agent/launch/program.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

namespace fs = std::filesystem;

class Folder {
  public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "bulkhead-program-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }

    ~Folder() { fs::remove_all(path_); }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::string file(const std::string& name, mode_t mode,
                                   const std::string& text = "") const {
        const auto path = (path_ / name).string();
        fs::create_directories(fs::path(path).parent_path());
        std::ofstream(path) << text;
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        return path;
    }

    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    fs::path path_;
};

Program program(const std::string& name, const std::string& search) {
    oci::v1::Process process;
    process.add_args(name);
    process.add_env("A=1");
    process.add_env("PATH=" + search);
    return {process, "/home"};
}

TEST_CASE("programs: found in the first directory of PATH that has it") {
    const Folder folder;
    const auto second = folder.file("b/tool", 0755);
    static_cast<void>(folder.file("a/other", 0755));
    const auto found =
        program("tool", folder.path() + "/a:" + folder.path() + "/missing:" + folder.path() + "/b");
    CHECK_FALSE(found.failure().has_value());
    CHECK(found.path() == second);
}

TEST_CASE("programs: files that cannot be executed and directories are passed over in PATH") {
    const Folder folder;
    static_cast<void>(folder.file("a/tool", 0644));
    fs::create_directories(folder.path() + "/b/tool");
    const auto third = folder.file("c/tool", 0755);
    const auto search = folder.path() + "/a:" + folder.path() + "/b:" + folder.path() + "/c";
    CHECK(program("tool", search).path() == third);
}

TEST_CASE("programs: not on PATH is class 127, in runc's words") {
    const auto missing = program("nothing", "/nowhere");
    REQUIRE(missing.failure().has_value());
    CHECK(missing.failure()->kind == FailureClass::NotFound);
    CHECK(missing.failure()->message == "exec: \"nothing\": executable file not found in $PATH");
}

TEST_CASE("programs: a path that does not exist is class 127") {
    const auto missing = program("/no/such/file", "/bin");
    REQUIRE(missing.failure().has_value());
    CHECK(missing.failure()->kind == FailureClass::NotFound);
    CHECK(missing.failure()->message ==
          "exec: \"/no/such/file\": stat /no/such/file: No such file or directory");
}

TEST_CASE("programs: a directory, or a file without the permission, is class 126") {
    const Folder folder;
    CHECK(program(folder.path(), "").failure()->kind == FailureClass::NotExecutable);
    CHECK(program(folder.file("plain", 0644), "").failure()->kind == FailureClass::NotExecutable);
}

TEST_CASE("programs: a file that is no program is class 126, known only by trying") {
    const Folder folder;
    auto nonsense = program(folder.file("nonsense", 0755, "\x01\x02 not a program"), "");
    REQUIRE_FALSE(nonsense.failure().has_value());
    CHECK(nonsense.execute().kind == FailureClass::NotExecutable);
}

TEST_CASE("programs: a script whose interpreter is missing is class 127") {
    const Folder folder;
    auto script = program(folder.file("script", 0755, "#!/no/such/interpreter\n"), "");
    REQUIRE_FALSE(script.failure().has_value());
    CHECK(script.execute().kind == FailureClass::NotFound);
}

}  // namespace
}  // namespace bulkhead::agent
