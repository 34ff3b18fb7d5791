// VcpuThread: runs one vCPU on a thread of its own until the guest ends or someone asks it to stop.
//
//     start() -> running -> request_stop(), triple fault, reset or failure -> on_end(...) -> joined
//                 |   ^
//    request_pause()  resume()
//                 v   |
//                parked -> request_stop() -> on_end(...)
//
// `on_end` is called exactly once, on the vCPU's thread, as the last thing it does. The destructor
// asks to stop and joins, so whatever the I/O handler may wait for must still be served then.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "base/result.h"
#include "vmm/kvm/io_handler.h"
#include "vmm/kvm/virtual_cpu.h"

namespace bulkhead::kvm {

// How a vCPU's thread ended: Interrupted when it was asked to stop.
using VcpuEnd = std::variant<Interrupted, TripleFault, GuestReset, RunFailure>;

class VcpuThread {
  public:
    struct Parts {
        unsigned index = 0;  // names the thread
        VirtualCpu& cpu;
        IoHandler& io;
        std::function<void(VcpuEnd)> on_end;
        std::function<void()> on_start = nullptr;  // first on the thread, if any
    };

    static Result<std::unique_ptr<VcpuThread>> start(Parts parts);

    VcpuThread(const VcpuThread&) = delete;
    VcpuThread& operator=(const VcpuThread&) = delete;
    ~VcpuThread();

    // Makes the vCPU leave the guest, now or before its next entry. Does not wait. Thread: any.
    void request_stop();

    // The same, but it waits outside the guest, and `on_parked` is called on its thread, until
    // resume(). Thread: any.
    void request_pause(std::function<void()> on_parked);
    void resume();

  private:
    explicit VcpuThread(Parts parts) : parts_(std::move(parts)) {}

    enum class Mode : std::uint32_t { Run, Pause, Stop };

    static void* enter(void* self);
    [[nodiscard]] VcpuEnd run_guarded();
    [[nodiscard]] VcpuEnd run_until_end();
    void kick();
    // Waits while the vCPU is paused; it enters the guest after that.
    void park();
    void access_port(const PortAccess& access);
    void access_memory(const MmioAccess& access);

    Parts parts_;
    pthread_t thread_{};
    std::atomic<Mode> mode_{Mode::Run};  // changes under the mutex only
    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> on_parked_;  // under the mutex; empty once it has been called
};

}  // namespace bulkhead::kvm
