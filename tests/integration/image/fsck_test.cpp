// The disk that a container gets, as others see it: erofs-utils' fsck, which also extracts every
// file, and the kernel's own EROFS.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/image/composed_image.h"
#include "tests/support/image/tar_builder.h"
#include "tests/support/image/temp_dir.h"

namespace bulkhead::test {

namespace {

int run(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A bit of everything that an image can have.
std::vector<std::string> rich_layers() {
    TarBuilder lower;
    lower.directory("usr/lib", 0755)
        .symlink("lib", "usr/lib")
        .directory("tmp", 01777)
        .file("etc/gone", "x");
    lower.file("usr/lib/big", std::string(100000, 'b')).hard_link("usr/lib/big2", "usr/lib/big");
    lower.add({.path = "su", .content = "su", .mode = 04755, .uid = 70000, .gid = 80000});
    lower.add({.path = "ping", .content = "p", .xattrs = {{"user.note", "hello"}}});
    for (int i = 0; i < 2000; ++i) lower.file("many/file" + std::to_string(i), std::to_string(i));
    TarBuilder upper;
    upper.file("lib/new", "through a link").file("etc/.wh.gone", "").file("etc/kept", "k");
    upper.sparse("sparse", (5ULL << 30U) + 5, {{0, "start"}, {5ULL << 30U, "end!!"}});
    upper.add({.path = "fifo", .type = '6'})
        .add({.path = "null", .type = '3', .mode = 0666, .major = 1, .minor = 3});
    upper.file(std::string(255, 'n'), "long").symlink("longlink", std::string(4000, 't'));
    upper.file("late/a", "1").hard_link("late/b", "usr/lib/big");
    return {lower.finish(), upper.finish()};
}

std::string kind_and_mode(const struct stat& status) {
    return std::to_string(status.st_mode) + " " + std::to_string(status.st_uid) + ":" +
           std::to_string(status.st_gid);
}

// Compares a directory tree on the host to what the reader sees on the disk; gives the number of
// files.
std::size_t compare(const std::string& root, const ErofsReader& reader, bool exact) {
    std::size_t count = 0;
    for (const auto& [path, file] : reader.files()) {
        const std::string host_path = root + "/" + path;

        struct stat status {};

        CAPTURE(path);
        REQUIRE(::lstat(host_path.c_str(), &status) == 0);
        if (exact) {
            CHECK(kind_and_mode(status) == std::to_string(file.mode) + " " +
                                               std::to_string(file.uid) + ":" +
                                               std::to_string(file.gid));
            CHECK(status.st_mtim.tv_sec == file.mtime);
            CHECK(status.st_nlink == file.links);
            if (S_ISCHR(status.st_mode))
                CHECK(status.st_rdev == makedev(file.major(), file.minor()));
        }
        if (S_ISREG(status.st_mode)) {
            CHECK(static_cast<std::uint64_t>(status.st_size) == file.size);
            if (file.size < (1U << 20U))
                CHECK(read_text(host_path) == reader.read(file, 0, file.size));
        }
        if (S_ISLNK(status.st_mode)) {
            CHECK(std::filesystem::read_symlink(host_path).string() ==
                  reader.read(file, 0, file.size));
        }
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("fsck.erofs accepts the stitched disk and extracts the files that were loaded") {
    INFO("fsck.erofs is missing: install erofs-utils");
    REQUIRE(run("fsck.erofs -V >/dev/null 2>&1") == 0);
    const TempDir directory;
    const ComposedTree tree(rich_layers());
    const std::string disk = directory.path("disk");
    tree.image().disk.write_to(disk);
    CHECK(run("fsck.erofs " + disk) == 0);
    // Extraction by erofs-utils 1.5 leaves holes out of a file, and device nodes need root: so
    // without those. The kernel's view below has both.
    TarBuilder plain;
    plain.directory("d")
        .file("d/a", std::string(9000, 'a'))
        .symlink("l", "d/a")
        .hard_link("h", "d/a");
    for (int i = 0; i < 1000; ++i) plain.file("many/" + std::to_string(i), std::to_string(i));
    const ComposedTree small({plain.finish()});
    small.image().disk.write_to(disk);
    const std::string out = directory.path("out");
    REQUIRE(run("fsck.erofs --extract=" + out + " --no-preserve " + disk) == 0);
    ErofsReader reader(small.image().disk);
    CHECK(compare(out, reader, false) == 1006);
}

TEST_CASE("the kernel mounts the stitched disk and shows the files that were loaded") {
    const TempDir directory;
    const ComposedTree tree(rich_layers());
    const std::string disk = directory.path("disk");
    const std::string mounted = directory.path("mounted");
    tree.image().disk.write_to(disk);
    std::filesystem::create_directory(mounted);
    if (::geteuid() != 0 ||
        run("mount -t erofs -o loop,ro " + disk + " " + mounted + " 2>/dev/null") != 0) {
        WARN(
            "no root, no loop devices or no EROFS in this kernel: only fsck.erofs has looked at "
            "the disk");
        return;
    }
    const ErofsReader reader(tree.image().disk);
    CHECK(compare(mounted, reader, true) == reader.files().size());
    char note[16] = {};
    CHECK(::getxattr((mounted + "/ping").c_str(), "user.note", note, sizeof note) == 5);
    CHECK(std::string(note) == "hello");
    std::string end(7, '?');
    {
        std::ifstream sparse(mounted + "/sparse", std::ios::binary);
        sparse.seekg(static_cast<std::streamoff>((5ULL << 30U) - 2));
        sparse.read(end.data(), 7);
    }
    CHECK(end == std::string("\0\0end!!", 7));
    CHECK(::umount(mounted.c_str()) == 0);
}

}  // namespace bulkhead::test
