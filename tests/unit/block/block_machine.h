// A block device with a driver and a disk of memory, whose sectors each have their number in every
// byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/wire.h"
#include "tests/support/driver_fake.h"
#include "tests/support/fake_disk.h"
#include "vmm/block/block_device.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::block {

inline constexpr std::uint64_t kDiskBytes = 64 * 512;

inline std::vector<std::byte> header(std::uint32_t type, std::uint64_t sector = 0) {
    ByteWriter writer;
    writer.write(type);
    writer.write(std::uint32_t{0});
    writer.write(sector);
    return std::move(writer).take();
}

struct Machine {
    explicit Machine(bool read_only = false)
        : Machine(std::make_unique<test::FakeDisk>(kDiskBytes, read_only)) {}

    explicit Machine(std::unique_ptr<test::FakeDisk> fake)
        : disk(*fake), device(loop, std::move(fake), "serial-1", throttles) {
        for (std::size_t i = 0; i < disk.bytes.size(); ++i) {
            disk.bytes[i] = static_cast<std::byte>(i / 512);
        }
    }

    void settle() {
        while (loop.poll() > 0) {
        }
    }

    test::SubmittedChain submit_read(std::uint64_t sector) {
        return driver.queue(0)
            .chain()
            .readable(header(VIRTIO_BLK_T_IN, sector))
            .writable(512)
            .writable(1)
            .submit();
    }

    // The status byte of a chain whose last writable byte it is.
    std::uint8_t status(const test::SubmittedChain& chain) {
        return std::to_integer<std::uint8_t>(driver.queue(0).written(chain).back());
    }

    EventLoop loop;
    test::DriverFake driver;
    test::FakeDisk& disk;
    DiskThrottles throttles{loop};
    BlockDevice device;
};

}  // namespace bulkhead::block
