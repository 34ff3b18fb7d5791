// The machine's life with processors that need no KVM.
#include "vmm/machine/machine.h"

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <string_view>
#include <thread>

#include <catch2/catch.hpp>

namespace bulkhead::machine {
namespace {

// Gives the listed exits, then the last one again and again until it is asked to stop.
class FakeCpu final : public kvm::VirtualCpu {
  public:
    explicit FakeCpu(std::deque<kvm::VcpuExit> exits) : exits_(std::move(exits)) {}

    kvm::VcpuExit run() override {
        if (stop_) return kvm::Interrupted{};
        kvm::VcpuExit exit = exits_.front();
        if (exits_.size() > 1) exits_.pop_front();
        std::this_thread::yield();
        return exit;
    }

    void request_exit() override { stop_ = true; }

    void resume() override { stop_ = false; }

  private:
    std::deque<kvm::VcpuExit> exits_;
    std::atomic<bool> stop_{false};
};

// As a device register whose access waits for the loop thread.
class LoopBoundDevice final : public bus::BusDevice {
  public:
    explicit LoopBoundDevice(EventLoop& loop) : loop_(loop) {}

    void read(std::uint64_t /*offset*/, std::span<std::byte> /*data*/) override {
        loop_.run_and_wait([this] { ++accesses; });
    }

    void write(std::uint64_t /*offset*/, std::span<const std::byte> /*data*/) override {}

    int accesses = 0;  // loop thread

  private:
    EventLoop& loop_;
};

// A machine that stops the loop when it ends.
struct Fixture {
    EventLoop loop;
    std::vector<EndReport> reports;
    LoopBoundDevice device{loop};
    MachineParts* parts = nullptr;
    std::unique_ptr<Machine> machine;

    Fixture() {
        auto memory = memory::GuestMemory::create(
            std::array{memory::GuestMemory::Range{memory::GuestAddress{0}, 4096}});
        REQUIRE(memory);
        auto made = std::make_unique<MachineParts>(std::move(*memory), kvm::Vm(UniqueFd(), 0));
        made->legacy = std::make_unique<LegacyDevices>(loop, UniqueFd());
        REQUIRE(made->io.memory.add({0x1000, 0x1000}, device));
        parts = made.get();
        machine = std::make_unique<Machine>(loop, std::move(made), [this](const EndReport& report) {
            reports.push_back(report);
            loop.stop();
        });
    }

    void add_cpu(std::deque<kvm::VcpuExit> exits) {
        parts->vcpus.push_back(std::make_unique<FakeCpu>(std::move(exits)));
    }

    void print(std::string_view text) const {
        for (const char c : text) parts->legacy->print(static_cast<std::byte>(c));
    }

    // Starts the machine, does what is given, and gives how the machine ended.
    EndReport run(const std::function<void()>& then = [] {}) {
        loop.post([&] {
            machine->start();
            then();
        });
        loop.run();
        REQUIRE(reports.size() == 1);
        return reports[0];
    }
};

TEST_CASE("a vCPU's end is the machine's, with its reason, and stops the others") {
    Fixture fixture;
    for (int i = 0; i < 3; ++i) fixture.add_cpu({kvm::Interrupted{}});
    SECTION("triple fault") {
        fixture.add_cpu({kvm::TripleFault{}});
        CHECK(fixture.run().reason == EndReason::TripleFault);
    }
    SECTION("reset") {
        fixture.add_cpu({kvm::GuestReset{}});
        CHECK(fixture.run().reason == EndReason::GuestReset);
    }
    SECTION("failure") {
        fixture.add_cpu({kvm::Interrupted{}, kvm::RunFailure{"KVM internal error"}});
        const EndReport report = fixture.run();
        CHECK(report.reason == EndReason::InternalError);
        CHECK(report.detail == "KVM internal error");
    }
}

TEST_CASE("a reset or a triple fault after a panic is a panic") {
    Fixture fixture;
    fixture.print("[ 1.0] Kernel panic - not syncing: out of luck\n");
    SECTION("reset") {
        fixture.add_cpu({kvm::GuestReset{}});
    }
    SECTION("triple fault") {
        fixture.add_cpu({kvm::TripleFault{}});
    }
    const EndReport report = fixture.run();
    CHECK(report.reason == EndReason::GuestPanic);
    CHECK(report.detail == "Kernel panic - not syncing: out of luck");
}

TEST_CASE("a stop after a panic is still a stop") {
    Fixture fixture;
    fixture.print("Kernel panic - not syncing: out of luck\n");
    fixture.add_cpu({kvm::Interrupted{}});
    const EndReport report =
        fixture.run([&] { fixture.machine->stop(EndReason::Stopped, "asked"); });
    CHECK(report.reason == EndReason::Stopped);
    CHECK(report.detail == "asked");
}

TEST_CASE("a machine is paused when every vCPU is out, and can be resumed or stopped then") {
    Fixture fixture;
    for (int i = 0; i < 3; ++i) fixture.add_cpu({kvm::Interrupted{}});
    int paused = 0;
    const EndReport report = fixture.run([&] {
        fixture.machine->pause([&] {
            ++paused;
            fixture.machine->pause([] { FAIL("it is paused already"); });
            fixture.machine->resume();
            fixture.machine->resume();
            fixture.machine->pause([&] {
                ++paused;
                fixture.machine->stop(EndReason::Stopped, "");
            });
        });
    });
    CHECK(report.reason == EndReason::Stopped);
    CHECK(paused == 2);
}

TEST_CASE("the first reason to end counts") {
    Fixture fixture;
    fixture.add_cpu({kvm::Interrupted{}});
    const EndReport report = fixture.run([&] {
        fixture.machine->stop(EndReason::Stopped, "first");
        fixture.machine->stop(EndReason::InternalError, "second");
    });
    CHECK(report.reason == EndReason::Stopped);
    CHECK(report.detail == "first");
}

TEST_CASE("a machine that is stopped before its start never starts") {
    Fixture fixture;
    fixture.add_cpu({kvm::TripleFault{}});
    fixture.loop.post([&] {
        fixture.machine->stop(EndReason::Stopped, "");
        fixture.machine->start();
    });
    fixture.loop.run();
    REQUIRE(fixture.reports.size() == 1);
    CHECK(fixture.reports[0].reason == EndReason::Stopped);
}

TEST_CASE("vCPUs that wait for the loop again and again can be stopped") {
    std::array<std::byte, 4> data{};
    Fixture fixture;
    fixture.add_cpu({kvm::MmioAccess{.address = 0x1000, .is_write = false, .data = data}});
    const auto timer = fixture.loop.after(std::chrono::milliseconds(20),
                                          [&] { fixture.machine->stop(EndReason::Stopped, ""); });
    CHECK(fixture.run().reason == EndReason::Stopped);
    CHECK(fixture.device.accesses > 0);
}

}  // namespace
}  // namespace bulkhead::machine
