#include "host/state/paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include <catch2/catch.hpp>

namespace bulkhead::state {

namespace {

Variable variables(std::map<std::string, std::string> values) {
    return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found != values.end() ? std::optional(found->second) : std::nullopt;
    };
}

}  // namespace

TEST_CASE("root keeps data in /var/lib and state in /run, whatever the environment says") {
    const auto paths = default_paths(true, variables({{"XDG_DATA_HOME", "/x"}}));
    REQUIRE(paths);
    CHECK(paths->root == "/var/lib/bulkhead");
    CHECK(paths->state == "/run/bulkhead");
}

TEST_CASE("anyone else keeps both in the XDG directories") {
    const auto paths = default_paths(
        false, variables({{"XDG_DATA_HOME", "/d"}, {"XDG_RUNTIME_DIR", "/r"}, {"HOME", "/h"}}));
    REQUIRE(paths);
    CHECK(paths->root == "/d/bulkhead");
    CHECK(paths->state == "/r/bulkhead");
    const auto fallback =
        default_paths(false, variables({{"HOME", "/h"}, {"XDG_DATA_HOME", "relative"}}));
    REQUIRE(fallback);
    CHECK(fallback->root == "/h/.local/share/bulkhead");
    CHECK(fallback->state == "/h/.local/share/bulkhead/run");
    CHECK_FALSE(default_paths(false, variables({})));
}

TEST_CASE("a directory of somebody else's is no place for ours") {
    std::string folder = std::filesystem::temp_directory_path() / "paths-test.XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string made = folder + "/a/b";
    CHECK(make_directories(made));

    struct stat status {};

    REQUIRE(::stat(made.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    REQUIRE(::chmod(made.c_str(), 0755) == 0);
    CHECK(make_directories(made));
    REQUIRE(::chmod(made.c_str(), 0777) == 0);
    const auto writable = make_directories(made);
    REQUIRE_FALSE(writable);
    CHECK(writable.error().message().find("may be written by other users") != std::string::npos);
    if (::geteuid() == 0) {
        REQUIRE(::chmod(made.c_str(), 0700) == 0);
        REQUIRE(::chown(made.c_str(), 65534, 65534) == 0);
        const auto foreign = make_directories(made);
        REQUIRE_FALSE(foreign);
        CHECK(foreign.error().message().find("belongs to user 65534") != std::string::npos);
    }
    std::filesystem::remove_all(folder);
}

}  // namespace bulkhead::state
