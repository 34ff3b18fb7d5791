#include "host/cgroup/limits.h"

#include <sys/sysmacros.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::cgroup {

namespace {

std::string value_of(const Limits& limits, const std::string& file) {
    for (const Setting& setting : settings_of(limits)) {
        if (setting.file == file) return setting.value;
    }
    return "unset";
}

// A sysfs with a disk, 8:0, and its partition, 8:3.
class FakeSysfs {
  public:
    FakeSysfs() {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        std::filesystem::create_directories(path_ + "/devices/sda/sda3");
        std::filesystem::create_directories(path_ + "/dev/block");
        write("devices/sda/dev", "8:0\n");
        write("devices/sda/sda3/dev", "8:3\n");
        write("devices/sda/sda3/partition", "3\n");
        std::filesystem::create_symlink("../../devices/sda", path_ + "/dev/block/8:0");
        std::filesystem::create_symlink("../../devices/sda/sda3", path_ + "/dev/block/8:3");
    }

    FakeSysfs(const FakeSysfs&) = delete;
    FakeSysfs& operator=(const FakeSysfs&) = delete;

    ~FakeSysfs() { std::filesystem::remove_all(path_); }

    void write(const std::string& file, const std::string& text) const {
        REQUIRE(write_file_atomically(path_ + "/" + file, text));
    }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_ = "/tmp/bulkhead-sysfs.XXXXXX";
};

}  // namespace

TEST_CASE("limits are the files' values") {
    Limits limits;
    limits.memory_bytes = 1 << 30;
    limits.cpu_quota_us = 150'000;
    limits.cpu_weight = 39;
    limits.threads = 48;
    CHECK(value_of(limits, "/machine/memory.max") == "1073741824");
    CHECK(value_of(limits, "/cpu.max") == "150000 100000");
    CHECK(value_of(limits, "/cpu.weight") == "39");
    CHECK(value_of(limits, "/machine/pids.max") == "48");
    CHECK(value_of(limits, "/machine/io.max") == "unset");
}

TEST_CASE("what has no limit is max, so that an older limit goes") {
    Limits limits;
    limits.disks = {makedev(254, 0)};
    CHECK(value_of(limits, "/machine/memory.max") == "max");
    CHECK(value_of(limits, "/cpu.max") == "max 100000");
    CHECK(value_of(limits, "/cpu.weight") == "100");
    CHECK(value_of(limits, "/machine/pids.max") == "max");
    CHECK(value_of(limits, "/machine/io.max") == "254:0 rbps=max wbps=max riops=max wiops=max");
}

TEST_CASE("a machine's memory is never swapped, whatever its limits") {
    CHECK(value_of({}, "/machine/memory.swap.max") == "0");
}

TEST_CASE("I/O rates hold on each disk") {
    Limits limits;
    limits.disks = {makedev(8, 0), makedev(8, 16)};
    limits.io = {1000, 2000, 3, 4};
    std::vector<std::string> lines;
    for (const Setting& setting : settings_of(limits)) {
        if (setting.file == "/machine/io.max") lines.push_back(setting.value);
    }
    CHECK(lines == std::vector<std::string>{"8:0 rbps=1000 wbps=2000 riops=3 wiops=4",
                                            "8:16 rbps=1000 wbps=2000 riops=3 wiops=4"});
}

TEST_CASE("a partition's disk is the one it is on") {
    const FakeSysfs sysfs;
    CHECK(whole_disk(makedev(8, 3), sysfs.path()) == makedev(8, 0));
    CHECK(whole_disk(makedev(8, 0), sysfs.path()) == makedev(8, 0));
}

TEST_CASE("a file system without a disk has none") {
    const FakeSysfs sysfs;
    CHECK_FALSE(whole_disk(makedev(0, 42), sysfs.path()));
}

TEST_CASE("a disk whose number cannot be read has none") {
    const FakeSysfs sysfs;
    for (const char* text : {"", "8", "8:", "x:0", ":"}) {
        sysfs.write("devices/sda/dev", text);
        CHECK_FALSE(whole_disk(makedev(8, 3), sysfs.path()));
    }
}

}  // namespace bulkhead::cgroup
