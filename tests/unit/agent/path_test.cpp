#include "guest-agent/mounts/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::agent {
namespace {

namespace fs = std::filesystem;

// A directory "root" to be confined to, with a secret beside it.
class Tree {
  public:
    Tree() {
        std::string name = (fs::temp_directory_path() / "bulkhead-path-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        top_ = name;
        fs::create_directories(top_ / "root/etc");
        std::ofstream(top_ / "secret") << "secret";
        root_ = open_file((top_ / "root").string(), O_PATH | O_DIRECTORY).value();
    }

    ~Tree() { fs::remove_all(top_); }

    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    void link(const std::string& target, const std::string& path) const {
        fs::create_symlink(target, root() / path);
    }

    [[nodiscard]] fs::path top() const { return top_; }

    [[nodiscard]] fs::path root() const { return top_ / "root"; }

    [[nodiscard]] int fd() const { return root_.get(); }

    // Where the descriptor leads, relative to the top.
    [[nodiscard]] std::string resolve(const std::string& path,
                                      IfMissing if_missing = IfMissing::Fail) const {
        const auto found = open_in_root(fd(), path, if_missing);
        if (!found) return found.error().message();
        const auto place = fs::read_symlink("/proc/self/fd/" + std::to_string(found->get()));
        return fs::relative(place, top_).string();
    }

  private:
    fs::path top_;
    UniqueFd root_;
};

TEST_CASE("paths: dots and parents stop at the root") {
    const Tree tree;
    CHECK(tree.resolve("/etc") == "root/etc");
    CHECK(tree.resolve("/../../etc/../etc/.") == "root/etc");
    CHECK(tree.resolve("/..") == "root");
    CHECK(tree.resolve("") == "root");
}

TEST_CASE("paths: links are followed inside the root only") {
    const Tree tree;
    tree.link("/", "slash");
    tree.link("../../..", "up");
    tree.link("/etc", "etc-link");
    CHECK(tree.resolve("/slash/etc") == "root/etc");
    CHECK(tree.resolve("/up/etc") == "root/etc");
    CHECK(tree.resolve("/up") == "root");
    CHECK(tree.resolve("/etc-link") == "root/etc");
}

TEST_CASE("paths: a link to a file outside does not lead there") {
    const Tree tree;
    tree.link((tree.top() / "secret").string(), "leak");
    tree.link("../secret", "leak2");
    CHECK_FALSE(open_in_root(tree.fd(), "/leak", IfMissing::Fail).ok());
    CHECK_FALSE(open_in_root(tree.fd(), "/leak2", IfMissing::Fail).ok());
    // Made inside instead, and the file outside is as it was.
    CHECK(tree.resolve("/leak2", IfMissing::MakeFile) == "root/secret");
    CHECK(fs::file_size(tree.top() / "secret") == 6);
}

TEST_CASE("paths: missing directories and files are made") {
    const Tree tree;
    CHECK(tree.resolve("/a/b/c", IfMissing::MakeDirectory) == "root/a/b/c");
    CHECK(fs::is_directory(tree.root() / "a/b/c"));
    CHECK(tree.resolve("/x/y/file", IfMissing::MakeFile) == "root/x/y/file");
    CHECK(fs::is_regular_file(tree.root() / "x/y/file"));
}

TEST_CASE("paths: the target of a dangling link is made, as for /etc/resolv.conf") {
    const Tree tree;
    tree.link("../run/systemd/resolve/stub", "etc/resolv.conf");
    CHECK(tree.resolve("/etc/resolv.conf", IfMissing::MakeFile) == "root/run/systemd/resolve/stub");
}

TEST_CASE("paths: what is there is not touched") {
    const Tree tree;
    std::ofstream(tree.root() / "file") << "content";
    CHECK(tree.resolve("/file", IfMissing::MakeFile) == "root/file");
    CHECK(fs::file_size(tree.root() / "file") == 7);
}

TEST_CASE("paths: links in a circle end in an error") {
    const Tree tree;
    tree.link("b", "a");
    tree.link("a", "b");
    const auto found = open_in_root(tree.fd(), "/a", IfMissing::MakeFile);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().is(std::errc::too_many_symbolic_link_levels));
}

TEST_CASE("paths: a file is no directory") {
    const Tree tree;
    std::ofstream(tree.root() / "file") << "x";
    const auto found = open_in_root(tree.fd(), "/file/below", IfMissing::MakeDirectory);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().is(std::errc::not_a_directory));
}

TEST_CASE("paths: the parent of a path is made, the last component is not") {
    const Tree tree;
    const auto parent = open_parent_in_root(tree.fd(), "/dev/net/tun");
    REQUIRE(parent.ok());
    CHECK(fs::is_directory(tree.root() / "dev/net"));
    CHECK_FALSE(fs::exists(tree.root() / "dev/net/tun"));
    CHECK(last_component("/dev/net/tun") == "tun");
}

}  // namespace
}  // namespace bulkhead::agent
