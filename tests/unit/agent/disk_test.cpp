#include "guest-agent/rootfs/disk.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::agent {

namespace {

namespace fs = std::filesystem;

// Something like /sys/block and /dev/kmsg.
class Devices {
  public:
    Devices() : path_("/tmp/bulkhead-disks.XXXXXX"), log_(make_pipe().value()) {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        REQUIRE(set_nonblocking(log_.second.get()));
    }

    ~Devices() { fs::remove_all(path_); }

    Devices(const Devices&) = delete;
    Devices& operator=(const Devices&) = delete;

    void set(const std::string& name, const std::string& serial, const std::string& size) const {
        fs::create_directories(concat(path_, "/", name));
        std::ofstream(concat(path_, "/", name, "/serial")) << serial;
        std::ofstream(concat(path_, "/", name, "/size.new")) << size << "\n";
        fs::rename(concat(path_, "/", name, "/size.new"), concat(path_, "/", name, "/size"));
    }

    void log(std::string_view line) const {
        REQUIRE(write_full(log_.second.get(), std::as_bytes(std::span(line))));
    }

    [[nodiscard]] DiskPlaces places(std::chrono::milliseconds patience) const {
        return {path_, concat("/proc/self/fd/", log_.first.get()), patience};
    }

  private:
    std::string path_;
    std::pair<UniqueFd, UniqueFd> log_;
};

}  // namespace

TEST_CASE("a disk is found by its serial") {
    const Devices devices;
    devices.set("vda", "lower", "8");
    devices.set("vdb", "upper", "16");
    CHECK(find_disk("upper", devices.places(std::chrono::minutes(1))).value() == "/dev/vdb");
    CHECK(find_disk("lower", devices.places(std::chrono::minutes(1))).value() == "/dev/vda");
    CHECK_FALSE(find_disk("low", devices.places(std::chrono::minutes(1))));
}

TEST_CASE("a disk without a size is waited for until the kernel has said that it has one") {
    const Devices devices;
    devices.set("vda", "lower", "0");
    devices.log("something that was said before");
    std::string found;
    std::thread finder([&] {
        const auto disk = find_disk("lower", devices.places(std::chrono::minutes(10)));
        found = disk ? *disk : disk.error().message();
    });
    devices.log("something else");
    devices.set("vda", "lower", "2048");
    devices.log("vda: detected capacity change from 0 to 2048");
    finder.join();
    CHECK(found == "/dev/vda");
}

TEST_CASE("a disk that never gets a size is an error") {
    const Devices devices;
    devices.set("vda", "lower", "0");
    const auto found = find_disk("lower", devices.places(std::chrono::milliseconds(20)));
    REQUIRE_FALSE(found);
    CHECK(found.error().message() == "disk vda got no size within 20 ms");
}

}  // namespace bulkhead::agent
