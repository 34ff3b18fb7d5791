// The transport under several vCPU threads at once, with the device on the loop thread.
#include <linux/virtio_mmio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "base/wire.h"
#include "tests/support/driver_queue.h"
#include "tests/support/fake_device.h"
#include "vmm/virtio/mmio_transport.h"

namespace bulkhead::virtio {
namespace {

using test::DriverQueue;
using test::FakeDevice;
using test::GuestArena;

constexpr int kRounds = 200;

class Vcpu {
  public:
    explicit Vcpu(MmioTransport& transport) : transport_(transport) {}

    std::uint32_t read(std::uint64_t offset) {
        std::array<std::byte, 4> bytes{};
        transport_.read(offset, bytes);
        return load_le<std::uint32_t>(bytes);
    }

    void write(std::uint64_t offset, std::uint32_t value) {
        std::array<std::byte, 4> bytes{};
        store_le<std::uint32_t>(bytes, value);
        transport_.write(offset, bytes);
    }

    void bring_up(const std::vector<QueueConfig>& queues) {
        write(VIRTIO_MMIO_STATUS, 0);
        write(VIRTIO_MMIO_STATUS, 1);
        write(VIRTIO_MMIO_STATUS, 3);
        write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
        write(VIRTIO_MMIO_DRIVER_FEATURES, static_cast<std::uint32_t>(kVersion1 >> 32));
        write(VIRTIO_MMIO_STATUS, 0xb);
        for (std::uint32_t index = 0; index < queues.size(); ++index) {
            write(VIRTIO_MMIO_QUEUE_SEL, index);
            write(VIRTIO_MMIO_QUEUE_NUM, queues[index].size);
            write_address(VIRTIO_MMIO_QUEUE_DESC_LOW, queues[index].descriptor_table);
            write_address(VIRTIO_MMIO_QUEUE_AVAIL_LOW, queues[index].available_ring);
            write_address(VIRTIO_MMIO_QUEUE_USED_LOW, queues[index].used_ring);
            write(VIRTIO_MMIO_QUEUE_READY, 1);
        }
        write(VIRTIO_MMIO_STATUS, 0xf);
    }

  private:
    void write_address(std::uint64_t offset, memory::GuestAddress address) {
        write(offset, static_cast<std::uint32_t>(memory::raw(address)));
    }

    MmioTransport& transport_;
};

// A loop on a thread of its own, stopped when no vCPU needs it any more.
class LoopThread {
  public:
    explicit LoopThread(EventLoop& loop) : loop_(loop), thread_([this] { loop_.run(); }) {}

    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;

    ~LoopThread() {
        loop_.stop();
        thread_.join();
    }

  private:
    EventLoop& loop_;
    std::thread thread_;
};

std::unique_ptr<MmioTransport> make_transport(const GuestArena& arena, EventLoop& loop,
                                              FakeDevice& device) {
    auto transport = MmioTransport::create(arena.memory(), loop, device);
    REQUIRE(transport.ok());
    return std::move(transport).value();
}

struct Machine {
    GuestArena arena;
    EventLoop loop;
    FakeDevice device;
    std::unique_ptr<MmioTransport> transport = make_transport(arena, loop, device);
    std::optional<DriverQueue> first{std::in_place, arena, std::uint16_t{16}, kVersion1};
    DriverQueue second{arena, 8, kVersion1};
    std::vector<QueueConfig> queues{first->config(), second.config()};
};

TEST_CASE("resets race with notifications, and a reset device is never called") {
    Machine machine;
    std::atomic<bool> stop = false;
    {
        const LoopThread loop_thread(machine.loop);
        std::thread notifier([&] {
            Vcpu vcpu(*machine.transport);
            while (!stop) {
                vcpu.write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
                static_cast<void>(vcpu.read(VIRTIO_MMIO_INTERRUPT_STATUS));
                vcpu.write(VIRTIO_MMIO_INTERRUPT_ACK, 3);
            }
        });
        Vcpu vcpu(*machine.transport);
        for (int round = 0; round < kRounds; ++round) {
            vcpu.bring_up(machine.queues);
            REQUIRE(vcpu.read(VIRTIO_MMIO_STATUS) == 0xf);
            vcpu.write(VIRTIO_MMIO_STATUS, 0);
            REQUIRE(vcpu.read(VIRTIO_MMIO_STATUS) == 0);
        }
        stop = true;
        notifier.join();
    }
    // FakeDevice would have dereferenced a missing activation.
    CHECK(machine.device.activations == kRounds);
    CHECK(machine.device.resets == kRounds);
    CHECK_FALSE(machine.device.active);
}

TEST_CASE("when a reset has returned the device no longer touches the rings") {
    Machine machine;
    const LoopThread loop_thread(machine.loop);
    Vcpu vcpu(*machine.transport);
    for (int round = 0; round < kRounds; ++round) {
        vcpu.bring_up(machine.queues);
        vcpu.write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
        machine.first->chain().readable("x").submit();
        vcpu.write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
        vcpu.write(VIRTIO_MMIO_STATUS, 0);
        // The rings are plain memory of the driver's now: under TSan a late access is a race.
        machine.first.emplace(machine.arena, std::uint16_t{16}, kVersion1);
        machine.queues[0] = machine.first->config();
    }
    CHECK(vcpu.read(VIRTIO_MMIO_STATUS) == 0);
}

TEST_CASE("two vCPUs that write the status at once leave one of the legal states") {
    Machine machine;
    const LoopThread loop_thread(machine.loop);
    const auto churn = [&] {
        Vcpu vcpu(*machine.transport);
        for (int round = 0; round < kRounds; ++round) vcpu.bring_up(machine.queues);
    };
    std::thread other(churn);
    churn();
    other.join();
    Vcpu vcpu(*machine.transport);
    vcpu.write(VIRTIO_MMIO_STATUS, 0);
    CHECK(vcpu.read(VIRTIO_MMIO_STATUS) == 0);
    CHECK_FALSE(machine.device.active);
    CHECK(machine.device.activations == machine.device.resets);
}

}  // namespace
}  // namespace bulkhead::virtio
