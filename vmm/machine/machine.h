// Machine: one virtual machine, owner of all its parts.
//
//              start()              the guest ends, a vCPU fails, or stop()       all vCPUs out
//     Built ------------> Running ----------------------------------> Ending ---------------> Ended
//
// The first reason to end counts. on_end is called once, when no vCPU runs any more and nothing is
// left to do for this machine. While it is ending, the loop must keep running: a vCPU may be in a
// register access that waits for the loop.
//
// Thread: loop, for every method.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "base/page_runs.h"
#include "base/result.h"
#include "vmm/kvm/vcpu_thread.h"
#include "vmm/lockdown/role.h"
#include "vmm/machine/config.h"
#include "vmm/machine/device_limits.h"
#include "vmm/machine/end_report.h"
#include "vmm/machine/machine_parts.h"
#include "vmm/memory/memory_file.h"

namespace bulkhead::machine {

class Machine {
  public:
    using OnEnd = std::function<void(const EndReport&)>;

    // The loop must outlive the machine and not run after it.
    // `enter_role` may be empty.
    Machine(EventLoop& loop, std::unique_ptr<MachineParts> parts, OnEnd on_end,
            lockdown::EnterRole enter_role = {});
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    // Only before start() or after on_end.
    ~Machine();

    // Lets the guest run, unless it has been stopped already. When this fails, on_end is called all
    // the same. The calling thread is from now on the loop's in its rights, too.
    void start();

    // Ends the machine; at once when it does not run.
    void stop(EndReason reason, std::string detail);

    // Called once in place of the guest's next stream to the host, which opens at resume().
    void wait_at_stream(std::function<void()> on_stream);

    // Connects the socket to the guest's vsock port; closes it when the guest refuses.
    void open_stream(std::uint32_t port, UniqueFd socket);

    void set_balloon(std::uint64_t bytes);

    // From now on. Gives what holds then.
    DeviceLimits set_device_limits(const DeviceLimits& limits);

    // No vCPU enters the guest from now on; `on_paused` is called when none is inside any more.
    // Nothing when it does not run, or is paused already.
    void pause(std::function<void()> on_paused);
    void resume();

    // Lets the devices finish what they have begun, and writes the machine into two empty files; it
    // stays paused, and its disks as they are. Writing blocks for as long as it takes. `on_saved`
    // gets an error when the machine is not paused, or goes on or is saved again meanwhile; nothing
    // when it ends.
    void save(SnapshotFiles files, memory::Swap swap, std::function<void(Result<void>)> on_saved);

    // Which pages the guest has written to since the last save() or take_writes(), in the memory's
    // order; none when they are too many, or writes are not logged.
    std::vector<PageRun> take_writes();

  private:
    enum class State { Built, Running, Ending, Ended };

    Result<void> start_vcpus();
    void vcpu_parked(std::uint64_t pause);
    void device_quiet(std::uint64_t save);
    void fail_save(const char* why);
    void vcpu_ended(const kvm::VcpuEnd& end);
    void end_if_out();
    [[nodiscard]] EndReport final_report();

    EventLoop& loop_;
    OnEnd on_end_;
    lockdown::EnterRole enter_role_;
    State state_ = State::Built;
    EndReport report_;
    std::unique_ptr<MachineParts> parts_;
    std::size_t running_vcpus_ = 0;
    std::size_t parked_vcpus_ = 0;
    std::uint64_t pauses_ = 0;         // what a vCPU says about an earlier one counts no more
    std::function<void()> on_paused_;  // set while it is paused, or about to be

    // While its devices finish what they have begun.
    struct Saving {
        SnapshotFiles files;
        memory::Swap swap;
        std::function<void(Result<void>)> on_saved;
        std::size_t busy_devices = 0;
    };

    std::optional<Saving> saving_;
    std::uint64_t saves_ = 0;                                // as pauses_
    bool held_ = false;                                      // the devices are
    std::vector<std::unique_ptr<kvm::VcpuThread>> threads_;  // go first: they use the parts
};

}  // namespace bulkhead::machine
