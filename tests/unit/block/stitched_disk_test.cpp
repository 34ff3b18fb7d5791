// A real disk behind a real device: workers, page cache, resets.
#include "vmm/block/stitched_disk.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "base/wire.h"
#include "tests/support/driver_fake.h"
#include "vmm/block/block_device.h"

namespace bulkhead::block {
namespace {

using test::DriverFake;
using test::SubmittedChain;

constexpr std::uint64_t kDiskBytes = 1 << 20;

std::vector<std::byte> header(std::uint32_t type, std::uint64_t sector) {
    ByteWriter writer;
    writer.write(type);
    writer.write(std::uint32_t{0});
    writer.write(sector);
    return std::move(writer).take();
}

std::unique_ptr<Disk> make_disk(IoWorkers& workers, UniqueFd file, bool read_only) {
    StitchedDisk::Options options;
    options.files.push_back(std::move(file));
    options.segments = {{.file = 0, .file_offset = 0, .length = kDiskBytes}};
    options.read_only = read_only;
    auto disk = StitchedDisk::create(std::move(options), workers);
    REQUIRE(disk.ok());
    return std::move(disk).value();
}

struct Machine {
    Machine()
        : workers(IoWorkers::create(loop, 2).value()),
          file(::memfd_create("disk", MFD_CLOEXEC)),
          device(loop, make_disk(*workers, duplicate(file.get()).value(), false), "disk",
                 throttles) {
        driver.activate(device);
    }

    // Runs the loop until the device has given back this many chains.
    void run_until_used(int count) {
        while (count > 0) {
            loop.poll();
            if (driver.queue(0).used()) --count;
        }
    }

    SubmittedChain submit_write(std::uint64_t sector, std::uint8_t value) {
        return driver.queue(0)
            .chain()
            .readable(header(VIRTIO_BLK_T_OUT, sector))
            .readable(std::vector<std::byte>(4096, std::byte{value}))
            .writable(1)
            .submit();
    }

    SubmittedChain submit_read(std::uint64_t sector) {
        return driver.queue(0)
            .chain()
            .readable(header(VIRTIO_BLK_T_IN, sector))
            .writable(4096)
            .writable(1)
            .submit();
    }

    EventLoop loop;
    DriverFake driver;
    std::unique_ptr<IoWorkers> workers;
    UniqueFd file;
    DiskThrottles throttles{loop};
    BlockDevice device;
};

TEST_CASE("what was written is read back through workers and page cache") {
    Machine machine;
    for (int i = 0; i < 32; ++i) {
        machine.submit_write(static_cast<std::uint64_t>(i) * 8, static_cast<std::uint8_t>(i + 1));
    }
    machine.driver.kick(0);
    machine.run_until_used(32);

    std::vector<SubmittedChain> reads;
    for (int i = 0; i < 40; ++i) {
        reads.push_back(machine.submit_read(static_cast<std::uint64_t>(i) * 8));
    }
    machine.driver.kick(0);
    machine.run_until_used(40);
    for (int i = 0; i < 40; ++i) {
        // Past 32 the file has ended: zeros.
        const int value = i < 32 ? i + 1 : 0;
        auto expected = std::vector<std::byte>(4096, static_cast<std::byte>(value));
        expected.push_back(std::byte{VIRTIO_BLK_S_OK});
        CHECK(machine.driver.queue(0).written(reads[static_cast<std::size_t>(i)]) == expected);
    }
}

TEST_CASE("flush, discard and write zeroes come back with OK") {
    Machine machine;
    std::vector<SubmittedChain> chains;
    chains.push_back(machine.driver.queue(0)
                         .chain()
                         .readable(header(VIRTIO_BLK_T_FLUSH, 0))
                         .writable(1)
                         .submit());
    for (const std::uint32_t type : {11U, 13U}) {  // discard, write zeroes
        ByteWriter range;
        range.write(std::uint64_t{8});
        range.write(std::uint32_t{16});
        range.write(std::uint32_t{0});
        chains.push_back(machine.driver.queue(0)
                             .chain()
                             .readable(header(type, 0))
                             .readable(range.bytes())
                             .writable(1)
                             .submit());
    }
    machine.driver.kick(0);
    machine.run_until_used(3);
    for (const auto& chain : chains) {
        CHECK(machine.driver.queue(0).written(chain).back() == std::byte{VIRTIO_BLK_S_OK});
    }
}

TEST_CASE("after a reset no worker touches guest memory or the ring") {
    Machine machine;
    for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 32; ++i) machine.submit_write(static_cast<std::uint64_t>(i), 1);
        machine.driver.kick(0);
        machine.driver.reset();
        // Under TSan a worker that still read this memory would race.
        const std::vector<std::byte> zeros(4096);
        for (std::uint64_t page = 1; page < test::GuestArena::kLowBytes / 4096; ++page) {
            REQUIRE(machine.driver.memory().write_bytes(memory::GuestAddress{page * 4096}, zeros));
        }
        machine.driver.activate(machine.device);
    }
    const auto chain = machine.submit_read(0);
    machine.driver.kick(0);
    machine.run_until_used(1);
    CHECK(machine.driver.queue(0).written(chain).back() == std::byte{VIRTIO_BLK_S_OK});
}

TEST_CASE("a device goes away with requests in flight") {
    EventLoop loop;
    DriverFake driver;
    const auto workers = IoWorkers::create(loop, 2).value();
    {
        UniqueFd file(::memfd_create("disk", MFD_CLOEXEC));
        DiskThrottles throttles(loop);
        BlockDevice device(loop, make_disk(*workers, std::move(file), false), "disk", throttles);
        driver.activate(device);
        for (int i = 0; i < 16; ++i) {
            driver.queue(0)
                .chain()
                .readable(header(VIRTIO_BLK_T_OUT, 0))
                .readable(std::vector<std::byte>(4096))
                .writable(1)
                .submit();
        }
        driver.kick(0);
    }
    const std::uint16_t used = driver.queue(0).used_index();
    while (loop.poll() > 0) {
    }
    CHECK(driver.queue(0).used_index() == used);
}

}  // namespace
}  // namespace bulkhead::block
