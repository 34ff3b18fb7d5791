// One running VM as the host sees it: its monitor's process, control channel, console and error
// output. The end of the process is the only truth about whether the VM lives. Thread: loop.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/event_loop.h"
#include "base/packet_channel.h"
#include "base/result.h"
#include "host/sandbox/console_tail.h"
#include "host/sandbox/launch.h"
#include "host/sandbox/stream_end.h"
#include "host/sandbox/vmm_message.h"
#include "host/sandbox/vmm_process.h"

namespace bulkhead::vmm::v1 {
class HostMessage;
}

namespace bulkhead::sandbox {

// Everything that is known about the end of a VM.
struct VmEnd {
    VmEnded said;              // Unknown if the monitor had no time to say it
    ProcessEnd process;        // of the monitor
    std::string error_output;  // the monitor's, fit for a terminal
};

class Vm {
  public:
    // Called on the loop. `ended` comes once and last, and may destroy the Vm.
    struct Events {
        std::function<void(VmStarted)> started;
        std::function<void(VmStream)> stream;
        std::function<void()> paused;
        std::function<void(const DeviceLimits&)> device_limits;  // what holds now
        std::function<void(const VmSaved&)> saved;               // after save()
        std::function<void(const VmWrites&)> writes;             // after take_writes()
        std::function<void(VmEnd)> ended;
    };

    struct Options {
        std::string program;  // bulkhead-vmm
        jail::Options jail;
        std::optional<int> console;  // where the guest's console goes, too; stays the caller's
    };

    // Starts the monitor and hands it the launch, whose descriptors are closed here after that.
    static Result<std::unique_ptr<Vm>> launch(EventLoop& loop, const Options& options,
                                              Launch launch, Events events);

    Vm(const Vm&) = delete;
    Vm& operator=(const Vm&) = delete;
    // Kills what still runs.
    ~Vm();

    [[nodiscard]] pid_t pid() const { return process_.pid(); }

    [[nodiscard]] const jail::Report& jail() const { return process_.jail(); }

    [[nodiscard]] const ConsoleTail& console() const { return console_; }

    // The guest stands still from the event `paused` until resume().
    Result<void> pause();
    // At its next stream to the host, which is opened when it goes on, here or where it is
    // restored; it has no other one.
    Result<void> pause_at_stream();
    Result<void> resume();

    // Writes the VM, which must be paused, into two empty files; the event `saved` follows.
    Result<void> save(const UniqueFd& state, const UniqueFd& memory);

    // The event `writes` follows: which pages the guest has written to since save(). Of a VM whose
    // launch says that they are logged.
    Result<void> take_writes();

    // The event `device_limits` follows.
    Result<void> set_device_limits(const DeviceLimits& limits);

    // Of its cgroup.
    Result<void> set_limits(const cgroup::Limits& limits) const {
        return process_.set_limits(limits);
    }

    // Ends the VM at once; `ended` follows.
    void kill();

  private:
    Vm(EventLoop& loop, VmmProcess process, PacketChannel channel, UniqueFd console, Events events);

    Result<void> send(const vmm::v1::HostMessage& message, std::span<const int> descriptors = {});
    void watch();
    void read_channel();
    void read_console();
    void read_errors();
    void on_process_end();
    void dispatch(VmmMessage message);
    void show_console(std::string_view bytes) const;

    EventLoop& loop_;
    VmmProcess process_;
    PacketChannel channel_;
    UniqueFd console_pipe_;
    Events events_;
    ConsoleTail console_;
    std::optional<StreamEnd> console_output_;
    std::string errors_;
    VmEnded said_;
    // Destroyed before the descriptors that they watch.
    EventLoop::Handle channel_watch_;
    EventLoop::Handle console_watch_;
    EventLoop::Handle error_watch_;
    EventLoop::Handle process_watch_;
    EventLoop::Handle kill_timer_;
};

}  // namespace bulkhead::sandbox
