#include "guest-agent/spec/mount_options.h"

#include <sys/mount.h>

#include <catch2/catch.hpp>

namespace bulkhead::agent {
namespace {

MountOptions parse(const std::vector<std::string>& options) {
    return parse_mount_options(options);
}

TEST_CASE("mount options: attributes, file system options and propagation are told apart") {
    const auto parsed =
        parse({"nosuid", "noexec", "nodev", "mode=755", "size=64k", "sync", "rprivate"});
    CHECK(parsed.set == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV));
    CHECK(parsed.filesystem == std::vector<std::string>{"mode=755", "size=64k", "sync"});
    CHECK(parsed.propagation == (MS_PRIVATE | MS_REC));
    CHECK(parsed.bind == MountOptions::Bind::None);
    CHECK(parsed.has_filesystem_key("mode"));
    CHECK_FALSE(parsed.has_filesystem_key("mod"));
    CHECK_FALSE(parsed.has_filesystem_key("sync"));
}

TEST_CASE("mount options: the last word about an attribute wins") {
    CHECK(parse({"ro", "rw"}).set == 0);
    CHECK(parse({"ro", "rw"}).clear == MOUNT_ATTR_RDONLY);
    CHECK(parse({"rw", "ro"}).set == MOUNT_ATTR_RDONLY);
    CHECK(parse({"rw", "ro"}).clear == 0);
}

TEST_CASE("mount options: setting an access-time mode clears the whole field first") {
    const auto parsed = parse({"noatime"});
    CHECK(parsed.set == MOUNT_ATTR_NOATIME);
    CHECK(parsed.clear == MOUNT_ATTR__ATIME);
    CHECK(parse({"noatime", "strictatime"}).set == MOUNT_ATTR_STRICTATIME);
    CHECK(parse({"noatime", "relatime"}).set == 0);
}

TEST_CASE("mount options: bind is one mount, rbind a tree") {
    CHECK(parse({"bind"}).bind == MountOptions::Bind::One);
    CHECK(parse({"rbind"}).bind == MountOptions::Bind::Recursive);
}

TEST_CASE("mount options: an r before an attribute applies it to the whole tree") {
    const auto parsed = parse({"rro", "rnosuid"});
    CHECK(parsed.recursive_set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
    CHECK(parsed.set == 0);
    CHECK(parse({"rw"}).recursive_set == 0);
}

TEST_CASE("mount options: empty words and defaults mean nothing") {
    const auto parsed = parse({"", "defaults"});
    CHECK(parsed.set == 0);
    CHECK(parsed.filesystem.empty());
}

TEST_CASE("propagation: empty is rprivate, unknown is refused") {
    CHECK(parse_propagation("").value() == (MS_PRIVATE | MS_REC));
    CHECK(parse_propagation("rslave").value() == (MS_SLAVE | MS_REC));
    CHECK_FALSE(parse_propagation("bind").ok());
}

}  // namespace
}  // namespace bulkhead::agent
