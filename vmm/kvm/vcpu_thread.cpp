#include "vmm/kvm/vcpu_thread.h"

#include <csignal>
#include <exception>
#include <string>
#include <utility>

#include "base/check.h"

namespace bulkhead::kvm {

namespace {

// Sent to a vCPU's thread to interrupt KVM_RUN.
constexpr int kKickSignal = SIGUSR1;
// The run loop, a device's register access and a little of glibc; untouched pages cost nothing.
constexpr std::size_t kStackSize = 128 * 1024;

// The handler only has to exist: a signal that is delivered makes KVM_RUN return.
void on_kick(int /*signal*/) {}

Result<void> install_kick_handler() {
    struct sigaction action {};

    action.sa_handler = on_kick;
    if (::sigaction(kKickSignal, &action, nullptr) != 0) return errno_error("sigaction");
    return {};
}

}  // namespace

Result<std::unique_ptr<VcpuThread>> VcpuThread::start(Parts parts) {
    TRY(install_kick_handler());
    std::unique_ptr<VcpuThread> thread(new VcpuThread(std::move(parts)));
    pthread_attr_t attributes;
    BULKHEAD_CHECK(::pthread_attr_init(&attributes) == 0);
    BULKHEAD_CHECK(::pthread_attr_setstacksize(&attributes, kStackSize) == 0);
    const int error = ::pthread_create(&thread->thread_, &attributes, enter, thread.get());
    ::pthread_attr_destroy(&attributes);
    if (error != 0) {
        thread->thread_ = {};
        return errno_error(error, "starting a vCPU's thread");
    }
    return thread;
}

VcpuThread::~VcpuThread() {
    if (thread_ == pthread_t{}) return;
    request_stop();
    ::pthread_join(thread_, nullptr);
}

void VcpuThread::request_stop() {
    {
        const std::scoped_lock lock(mutex_);
        mode_ = Mode::Stop;
    }
    changed_.notify_one();
    kick();
}

void VcpuThread::request_pause(std::function<void()> on_parked) {
    {
        const std::scoped_lock lock(mutex_);
        if (mode_ == Mode::Stop) return;
        mode_ = Mode::Pause;
        on_parked_ = std::move(on_parked);
    }
    changed_.notify_one();  // it may be parked still
    kick();
}

void VcpuThread::resume() {
    {
        const std::scoped_lock lock(mutex_);
        if (mode_ != Mode::Pause) return;
        mode_ = Mode::Run;
    }
    changed_.notify_one();
}

void VcpuThread::kick() {
    parts_.cpu.request_exit();
    ::pthread_kill(thread_, kKickSignal);
}

void VcpuThread::park() {
    std::unique_lock lock(mutex_);
    while (mode_ == Mode::Pause) {
        if (const auto parked = std::exchange(on_parked_, nullptr)) {
            lock.unlock();
            parked();
            lock.lock();
        } else {
            changed_.wait(lock);
        }
    }
    // Whoever asks for another exit after this takes the lock first, and then kicks.
    if (mode_ == Mode::Run) parts_.cpu.resume();
}

void* VcpuThread::enter(void* self) {
    auto& thread = *static_cast<VcpuThread*>(self);
    ::pthread_setname_np(::pthread_self(), ("vcpu" + std::to_string(thread.parts_.index)).c_str());
    if (thread.parts_.on_start) thread.parts_.on_start();
    thread.parts_.on_end(thread.run_guarded());
    return nullptr;
}

// Ours do not throw, but what they stand on may: the machine's end, not the process's.
VcpuEnd VcpuThread::run_guarded() {
    try {
        return run_until_end();
    } catch (const std::exception& error) {
        return RunFailure{error.what()};
    }
}

VcpuEnd VcpuThread::run_until_end() {
    // KVM finishes the instruction of an access when the guest is entered again, and keeps what is
    // left to do in no state that could be saved.
    bool unfinished = false;
    while (true) {
        const Mode mode = mode_.load(std::memory_order_acquire);
        if (mode == Mode::Stop) return Interrupted{};
        if (mode == Mode::Pause && !unfinished) {
            park();
            continue;
        }
        if (mode == Mode::Pause) parts_.cpu.request_exit();  // it may not have been kicked yet
        VcpuExit exit = parts_.cpu.run();
        unfinished = false;
        if (std::holds_alternative<Interrupted>(exit)) {
            park();  // it may go on already: then this only takes the request to exit back
        } else if (const auto* port = std::get_if<PortAccess>(&exit)) {
            access_port(*port);
            unfinished = true;
        } else if (const auto* mmio = std::get_if<MmioAccess>(&exit)) {
            access_memory(*mmio);
            unfinished = true;
        } else if (std::holds_alternative<TripleFault>(exit)) {
            return TripleFault{};
        } else if (std::holds_alternative<GuestReset>(exit)) {
            return GuestReset{};
        } else if (auto* failure = std::get_if<RunFailure>(&exit)) {
            return std::move(*failure);
        }
    }
}

void VcpuThread::access_port(const PortAccess& access) {
    if (access.width == 0) return;
    // A string instruction (outsb) carries several accesses to the same port.
    for (std::size_t at = 0; at + access.width <= access.data.size(); at += access.width) {
        const auto one = access.data.subspan(at, access.width);
        if (access.is_write) {
            parts_.io.write_port(access.port, one);
        } else {
            parts_.io.read_port(access.port, one);
        }
    }
}

void VcpuThread::access_memory(const MmioAccess& access) {
    if (access.is_write) {
        parts_.io.write_memory(access.address, access.data);
    } else {
        parts_.io.read_memory(access.address, access.data);
    }
}

}  // namespace bulkhead::kvm
