#include "vmm/kvm/vcpu_thread.h"

#include <poll.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <catch2/catch.hpp>

#include "vmm/bus/bus.h"
#include "vmm/bus/uart_16550.h"

namespace bulkhead::kvm {
namespace {

// Gives the exits that a test lists, then runs like a guest that never leaves: until it is kicked.
class FakeCpu final : public VirtualCpu {
  public:
    explicit FakeCpu(std::deque<VcpuExit> exits = {}) : exits_(std::move(exits)) {}

    VcpuExit run() override {
        if (exit_requested_) {
            ++refusals;
            return Interrupted{};
        }
        if (!exits_.empty()) {
            VcpuExit next = std::move(exits_.front());
            exits_.pop_front();
            return next;
        }
        ++entries;
        entered.store(true);
        // As KVM_RUN: waits without end, a signal interrupts it. Between the check above and here a
        // kick would be lost but for the time limit; KVM closes that gap with immediate_exit.
        ::poll(nullptr, 0, 10);
        return Interrupted{};
    }

    void request_exit() override { exit_requested_ = true; }

    void resume() override { exit_requested_ = false; }

    std::atomic<bool> entered{false};
    std::atomic<int> entries{0};
    std::atomic<int> refusals{0};

  private:
    std::deque<VcpuExit> exits_;
    std::atomic<bool> exit_requested_{false};
};

class RecordingIo final : public IoHandler {
  public:
    struct Access {
        std::uint64_t address = 0;
        std::vector<std::byte> written;  // empty for a read
        bool operator==(const Access&) const = default;
    };

    std::vector<Access> accesses;

    void read_port(std::uint16_t port, std::span<std::byte> data) override {
        accesses.push_back({port, {}});
        std::ranges::fill(data, std::byte{0x42});
    }

    void write_port(std::uint16_t port, std::span<const std::byte> data) override {
        accesses.push_back({port, {data.begin(), data.end()}});
    }

    void read_memory(std::uint64_t address, std::span<std::byte> data) override {
        read_port(static_cast<std::uint16_t>(address), data);
    }

    void write_memory(std::uint64_t address, std::span<const std::byte> data) override {
        accesses.push_back({address, {data.begin(), data.end()}});
    }
};

// The end of a thread, to be waited for.
class EndBox {
  public:
    std::function<void(VcpuEnd)> sink() {
        return [this](VcpuEnd end) {
            const std::scoped_lock lock(mutex_);
            end_ = std::move(end);
            ended_.notify_all();
        };
    }

    VcpuEnd wait() {
        std::unique_lock lock(mutex_);
        ended_.wait(lock, [&] { return end_.has_value(); });
        return *end_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable ended_;
    std::optional<VcpuEnd> end_;
};

VcpuEnd run_to_end(FakeCpu& cpu, IoHandler& io) {
    EndBox box;
    auto thread = VcpuThread::start({.index = 0, .cpu = cpu, .io = io, .on_end = box.sink()});
    REQUIRE(thread);
    return box.wait();
}

TEST_CASE("accesses reach the handler, string instructions one by one") {
    std::array<std::byte, 6> string{std::byte{1}, std::byte{2}, std::byte{3},
                                    std::byte{4}, std::byte{5}, std::byte{6}};
    std::array<std::byte, 4> memory{std::byte{9}, std::byte{9}, std::byte{9}, std::byte{9}};
    std::array<std::byte, 2> input{};
    FakeCpu cpu({PortAccess{.port = 0x3f8, .width = 2, .is_write = true, .data = string},
                 MmioAccess{.address = 0xd000'0050, .is_write = true, .data = memory},
                 PortAccess{.port = 0x64, .width = 1, .is_write = false, .data = input},
                 TripleFault{}});
    RecordingIo io;
    CHECK(std::holds_alternative<TripleFault>(run_to_end(cpu, io)));
    const std::vector<RecordingIo::Access> expected{
        {0x3f8, {std::byte{1}, std::byte{2}}},
        {0x3f8, {std::byte{3}, std::byte{4}}},
        {0x3f8, {std::byte{5}, std::byte{6}}},
        {0xd000'0050, {memory.begin(), memory.end()}},
        {0x64, {}},
        {0x64, {}},
    };
    CHECK(io.accesses == expected);
    CHECK(input == std::array{std::byte{0x42}, std::byte{0x42}});
}

TEST_CASE("a reset and a failure end the thread with what happened") {
    RecordingIo io;
    FakeCpu resetting({GuestReset{}});
    CHECK(std::holds_alternative<GuestReset>(run_to_end(resetting, io)));
    FakeCpu failing({Interrupted{}, RunFailure{"KVM internal error"}});
    const VcpuEnd end = run_to_end(failing, io);
    REQUIRE(std::holds_alternative<RunFailure>(end));
    CHECK(std::get<RunFailure>(end).detail == "KVM internal error");
}

TEST_CASE("a stop reaches a vCPU that is inside the guest") {
    FakeCpu cpu;
    RecordingIo io;
    EndBox box;
    auto thread = VcpuThread::start({.index = 3, .cpu = cpu, .io = io, .on_end = box.sink()});
    REQUIRE(thread);
    while (!cpu.entered) std::this_thread::yield();
    (*thread)->request_stop();
    CHECK(std::holds_alternative<Interrupted>(box.wait()));
}

TEST_CASE("destroying a running thread stops and joins it") {
    RecordingIo io;
    for (int round = 0; round < 50; ++round) {
        FakeCpu cpu;
        std::atomic<bool> ended{false};
        auto thread = VcpuThread::start(
            {.index = 0, .cpu = cpu, .io = io, .on_end = [&](const VcpuEnd&) { ended = true; }});
        REQUIRE(thread);
        thread->reset();
        CHECK(ended);
    }
}

TEST_CASE("stopping twice, or after the end, is harmless") {
    FakeCpu cpu({TripleFault{}});
    RecordingIo io;
    EndBox box;
    auto thread = VcpuThread::start({.index = 0, .cpu = cpu, .io = io, .on_end = box.sink()});
    REQUIRE(thread);
    CHECK(std::holds_alternative<TripleFault>(box.wait()));
    (*thread)->request_stop();
    (*thread)->request_stop();
}

TEST_CASE("a paused vCPU does not enter the guest until it is resumed") {
    constexpr int kRounds = 50;
    FakeCpu cpu;
    RecordingIo io;
    EndBox box;
    auto thread = VcpuThread::start({.index = 0, .cpu = cpu, .io = io, .on_end = box.sink()});
    REQUIRE(thread);
    for (int round = 1; round <= kRounds; ++round) {
        std::atomic<int> parked{0};
        const auto count = [&] {
            ++parked;
            parked.notify_all();
        };
        (*thread)->request_pause(count);
        parked.wait(0);
        const int entries = cpu.entries;
        // Resumed and paused again before it could leave: it says once more that it is out.
        (*thread)->resume();
        (*thread)->request_pause(count);
        parked.wait(1);
        CHECK(parked == 2);
        CHECK(cpu.entries - entries <= 1);
        const int paused = cpu.entries;
        std::this_thread::yield();
        CHECK(cpu.entries == paused);
        (*thread)->resume();
        while (cpu.entries == paused) std::this_thread::yield();
    }
}

TEST_CASE("a paused vCPU can be stopped") {
    FakeCpu cpu;
    RecordingIo io;
    EndBox box;
    auto thread = VcpuThread::start({.index = 0, .cpu = cpu, .io = io, .on_end = box.sink()});
    REQUIRE(thread);
    std::atomic<bool> parked{false};
    (*thread)->request_pause([&] {
        parked = true;
        parked.notify_all();
    });
    parked.wait(false);
    (*thread)->request_stop();
    CHECK(std::holds_alternative<Interrupted>(box.wait()));
}

// Holds a vCPU's access until it is told to go on.
class SlowIo final : public IoHandler {
  public:
    void read_port(std::uint16_t /*port*/, std::span<std::byte> /*data*/) override { hold(); }

    void write_port(std::uint16_t /*port*/, std::span<const std::byte> /*data*/) override {
        hold();
    }

    void read_memory(std::uint64_t /*address*/, std::span<std::byte> /*data*/) override { hold(); }

    void write_memory(std::uint64_t /*address*/, std::span<const std::byte> /*data*/) override {
        hold();
    }

    std::atomic<bool> reached{false};
    std::atomic<bool> released{false};

  private:
    void hold() {
        reached = true;
        reached.notify_all();
        released.wait(false);
    }
};

TEST_CASE("a vCPU that is resumed before it has parked enters the guest again") {
    std::array<std::byte, 1> letter{std::byte{'x'}};
    FakeCpu cpu({PortAccess{.port = 0x3f8, .width = 1, .is_write = true, .data = letter}});
    SlowIo io;
    EndBox box;
    auto thread = VcpuThread::start({.index = 0, .cpu = cpu, .io = io, .on_end = box.sink()});
    REQUIRE(thread);
    io.reached.wait(false);
    (*thread)->request_pause([] {});
    (*thread)->resume();
    io.released = true;
    io.released.notify_all();
    // Whoever is refused for ever never enters.
    while (!cpu.entered && cpu.refusals < 1000) std::this_thread::yield();
    CHECK(cpu.entered);
    (*thread)->request_stop();
    CHECK(std::holds_alternative<Interrupted>(box.wait()));
}

// A bus as the vCPU threads see it.
class BusIo final : public IoHandler {
  public:
    bus::Bus ports;

    void read_port(std::uint16_t port, std::span<std::byte> data) override {
        ports.read(port, data);
    }

    void write_port(std::uint16_t port, std::span<const std::byte> data) override {
        ports.write(port, data);
    }

    void read_memory(std::uint64_t /*address*/, std::span<std::byte> /*data*/) override {}

    void write_memory(std::uint64_t /*address*/, std::span<const std::byte> /*data*/) override {}
};

TEST_CASE("several vCPUs share one device on one bus") {
    constexpr int kCpus = 4;
    constexpr int kBytes = 500;
    std::size_t sent = 0;  // the UART's lock guards it
    bus::Uart16550 uart({.sink = [&](std::byte) { ++sent; }, .raise = [] {}});
    BusIo io;
    REQUIRE(io.ports.add({0x3f8, 8}, uart));
    std::array<std::byte, 1> letter{std::byte{'x'}};
    std::array<std::array<std::byte, 1>, kCpus> status{};
    std::vector<std::unique_ptr<FakeCpu>> cpus;
    for (auto& own_status : status) {
        std::deque<VcpuExit> exits;
        for (int i = 0; i < kBytes; ++i) {
            exits.emplace_back(
                PortAccess{.port = 0x3f8, .width = 1, .is_write = true, .data = letter});
            exits.emplace_back(
                PortAccess{.port = 0x3fd, .width = 1, .is_write = false, .data = own_status});
        }
        exits.emplace_back(GuestReset{});
        cpus.push_back(std::make_unique<FakeCpu>(std::move(exits)));
    }
    std::array<EndBox, kCpus> boxes;
    std::vector<std::unique_ptr<VcpuThread>> threads;
    for (unsigned i = 0; i < kCpus; ++i) {
        auto thread =
            VcpuThread::start({.index = i, .cpu = *cpus[i], .io = io, .on_end = boxes[i].sink()});
        REQUIRE(thread);
        threads.push_back(std::move(*thread));
    }
    for (EndBox& box : boxes) CHECK(std::holds_alternative<GuestReset>(box.wait()));
    threads.clear();
    CHECK(sent == std::size_t{kCpus} * kBytes);
}

// As KVM: what is left to do of an access is done by the next run(), even one that does not enter
// the guest.
class UnfinishedCpu final : public VirtualCpu {
  public:
    VcpuExit run() override {
        finished = true;
        if (exit_requested_) return Interrupted{};
        finished = false;
        reached.store(true);
        while (!exit_requested_) ::poll(nullptr, 0, 1);
        return PortAccess{.port = 0x64, .width = 1, .is_write = false, .data = byte_};
    }

    void request_exit() override { exit_requested_ = true; }

    void resume() override { exit_requested_ = false; }

    std::atomic<bool> reached{false};
    std::atomic<bool> finished{false};

  private:
    std::array<std::byte, 1> byte_{};
    std::atomic<bool> exit_requested_{false};
};

TEST_CASE("a vCPU is not parked in the middle of an access") {
    UnfinishedCpu cpu;
    RecordingIo io;
    EndBox box;
    auto thread = VcpuThread::start({.index = 0, .cpu = cpu, .io = io, .on_end = box.sink()});
    REQUIRE(thread);
    while (!cpu.reached) ::poll(nullptr, 0, 1);
    std::atomic<bool> parked{false};
    (*thread)->request_pause([&] { parked = true; });
    while (!parked) ::poll(nullptr, 0, 1);
    CHECK(cpu.finished);
    CHECK(io.accesses.size() == 1);
    (*thread)->request_stop();
    CHECK(std::holds_alternative<Interrupted>(box.wait()));
}

}  // namespace
}  // namespace bulkhead::kvm
