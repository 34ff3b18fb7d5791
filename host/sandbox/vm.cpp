#include "host/sandbox/vm.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <span>

#include "base/log.h"
#include "base/syscalls.h"
#include "host/sandbox/guest_text.h"
#include "proto/vmm.pb.h"

namespace bulkhead::sandbox {

namespace {

constexpr std::size_t kMaxErrorOutput = 8 * 1024;
// From the end of the control channel to the end of the process.
constexpr std::chrono::seconds kEndGrace{2};

// What a non-blocking descriptor has to give now: a part, nothing yet, or its end.
struct Chunk {
    std::string_view bytes;
    bool ended = false;
};

Chunk read_chunk(int fd, std::span<char> buffer) {
    ssize_t count = -1;
    do {
        count = ::read(fd, buffer.data(), buffer.size());
    } while (count < 0 && errno == EINTR);
    if (count > 0) return {std::string_view(buffer.data(), static_cast<std::size_t>(count)), false};
    return {{}, count == 0 || errno != EAGAIN};
}

// Reads what is there and no more than a fair share of it; ends the watch with the pipe.
template <class Take>
void read_available(int fd, EventLoop::Handle& watch, Take take) {
    constexpr int kChunks = 64;
    std::array<char, 4096> buffer{};
    for (int i = 0; i < kChunks; ++i) {
        const Chunk chunk = read_chunk(fd, buffer);
        if (chunk.ended) watch.reset();
        if (chunk.bytes.empty()) return;
        take(chunk.bytes);
    }
}

// How large a file can become by what the guest writes to its disks, or by saving its memory.
std::uint64_t largest_written_file(const Launch& launch) {
    std::uint64_t largest = launch.shape.memory_bytes;
    for (const LaunchDisk& disk : launch.disks) {
        if (disk.read_only) continue;
        for (const DiskExtent& extent : disk.extents)
            largest = std::max(largest, extent.offset + extent.length);
    }
    return largest;
}

// The launch packet was not taken: what the monitor said on its way out is the cause.
Error launch_error(const Error& failure, VmmProcess& process) {
    process.kill();
    static_cast<void>(process.reap());
    std::array<char, kMaxErrorOutput> buffer{};
    const Chunk said = read_chunk(process.error_output(), buffer);
    return Error(failure.code(),
                 failure.message() + (said.bytes.empty() ? "" : ": " + printable(said.bytes)));
}

bool host_swaps() {
    struct sysinfo host {};

    return ::sysinfo(&host) != 0 || host.totalswap != 0;
}

}  // namespace

Result<std::unique_ptr<Vm>> Vm::launch(EventLoop& loop, const Options& options, Launch launch,
                                       Events events) {
    auto channel = TRY(PacketChannel::create_pair());
    auto console = TRY(make_pipe());
    TRY(set_nonblocking(console.first.get()));
    TRY(set_nonblocking(console.second.get()));
    launch.console = std::move(console.second);
    const LaunchPacket packet = TRY(encode_launch(launch));

    const UniqueFd monitor_end = TRY(duplicate(channel.second.fd()));
    jail::Options jail = options.jail;
    jail.file_bytes = std::min(jail.file_bytes, largest_written_file(launch));
    VmmProcess process = TRY(VmmProcess::spawn(options.program, monitor_end, jail));
    if (const auto sent = channel.first.send(packet.bytes, packet.descriptors); !sent)
        return launch_error(sent.error(), process).context("launching the VM");
    TRY(set_nonblocking(channel.first.fd()));

    std::unique_ptr<Vm> vm(new Vm(loop, std::move(process), std::move(channel.first),
                                  std::move(console.first), std::move(events)));
    if (options.console)
        vm->console_output_ = TRY(StreamEnd::of_host(*options.console, Direction::Write));
    vm->watch();
    return vm;
}

Vm::Vm(EventLoop& loop, VmmProcess process, PacketChannel channel, UniqueFd console, Events events)
    : loop_(loop),
      process_(std::move(process)),
      channel_(std::move(channel)),
      console_pipe_(std::move(console)),
      events_(std::move(events)) {}

Vm::~Vm() = default;

void Vm::watch() {
    constexpr auto kRead = EventLoop::Interest::Read;
    channel_watch_ = loop_.watch(channel_.fd(), kRead, [this] { read_channel(); });
    console_watch_ = loop_.watch(console_pipe_.get(), kRead, [this] { read_console(); });
    error_watch_ = loop_.watch(process_.error_output(), kRead, [this] { read_errors(); });
    process_watch_ = loop_.watch(process_.pidfd(), kRead, [this] { on_process_end(); });
}

Result<void> Vm::send(const vmm::v1::HostMessage& message, std::span<const int> descriptors) {
    const std::string bytes = message.SerializeAsString();
    return channel_.send(std::as_bytes(std::span(bytes)), descriptors).context("monitor");
}

Result<void> Vm::pause() {
    vmm::v1::HostMessage message;
    message.mutable_pause();
    return send(message);
}

Result<void> Vm::pause_at_stream() {
    vmm::v1::HostMessage message;
    message.mutable_pause_at_stream();
    return send(message);
}

Result<void> Vm::resume() {
    vmm::v1::HostMessage message;
    message.mutable_resume();
    return send(message);
}

Result<void> Vm::save(const UniqueFd& state, const UniqueFd& memory) {
    vmm::v1::HostMessage message;
    message.mutable_save()->set_state_fd(0);
    message.mutable_save()->set_memory_fd(1);
    message.mutable_save()->set_no_swap(!host_swaps());
    return send(message, std::array{state.get(), memory.get()});
}

Result<void> Vm::take_writes() {
    vmm::v1::HostMessage message;
    message.mutable_take_writes();
    return send(message);
}

Result<void> Vm::set_device_limits(const DeviceLimits& limits) {
    vmm::v1::HostMessage message;
    write_device_limits(limits, *message.mutable_set_device_limits()->mutable_limits());
    return send(message);
}

void Vm::kill() {
    process_.kill();
}

// One packet in each turn of the loop: what it causes may need the loop first.
void Vm::read_channel() {
    auto packet = channel_.receive();
    if (!packet && (packet.error().is(std::errc::resource_unavailable_try_again))) return;
    if (!packet || !packet->has_value()) {
        // Closed, or broken beyond repair: the monitor is ending, or else of no use any more.
        channel_watch_.reset();
        kill_timer_ = loop_.after(kEndGrace, [this] { kill(); });
        return;
    }
    auto message = parse_vmm_message(**std::move(packet));
    if (!message) {
        channel_watch_.reset();
        said_ = {EndCause::InternalError, message.error().message()};
        kill();
        return;
    }
    dispatch(*std::move(message));
}

void Vm::dispatch(VmmMessage message) {
    if (auto* ended = std::get_if<VmEnded>(&message)) {
        said_ = std::move(*ended);
    } else if (auto* started = std::get_if<VmStarted>(&message)) {
        events_.started(std::move(*started));
    } else if (auto* stream = std::get_if<VmStream>(&message)) {
        events_.stream(std::move(*stream));
    } else if (std::holds_alternative<VmPaused>(message)) {
        events_.paused();
    } else if (const auto* devices = std::get_if<VmDeviceLimits>(&message)) {
        events_.device_limits(devices->limits);
    } else if (const auto* saved = std::get_if<VmSaved>(&message)) {
        if (events_.saved) events_.saved(*saved);
    } else if (const auto* writes = std::get_if<VmWrites>(&message)) {
        if (events_.writes) events_.writes(*writes);
    }
}

void Vm::read_console() {
    read_available(console_pipe_.get(), console_watch_, [this](std::string_view bytes) {
        console_.append(bytes);
        show_console(bytes);
    });
}

void Vm::read_errors() {
    read_available(process_.error_output(), error_watch_, [this](std::string_view bytes) {
        errors_.append(bytes.substr(0, kMaxErrorOutput - errors_.size()));
    });
}

// Lines stay lines; anything that a terminal would obey does not pass. What standard error does not
// take at once is lost: the guest must not hold us up.
void Vm::show_console(std::string_view bytes) const {
    if (!console_output_) return;
    std::string text;
    for (const char c : bytes) {
        if (c == '\r') continue;
        text += c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7F) ? c : '?';
    }
    if (!text.empty()) static_cast<void>(console_output_->write(std::as_bytes(std::span(text))));
}

void Vm::on_process_end() {
    // What it had said before is still in the sockets and pipes.
    while (channel_watch_.active()) {
        auto packet = channel_.receive();
        if (!packet || !packet->has_value()) break;
        auto message = parse_vmm_message(**std::move(packet));
        if (message) dispatch(*std::move(message));
    }
    channel_watch_.reset();
    if (console_watch_.active()) read_console();
    if (error_watch_.active()) read_errors();
    console_watch_.reset();
    error_watch_.reset();
    process_watch_.reset();
    kill_timer_.reset();
    const auto end = process_.reap();
    // The functions must outlive their own call.
    const auto ended = std::move(events_.ended);
    ended({std::move(said_), end ? *end : ProcessEnd{}, printable(errors_)});
}

}  // namespace bulkhead::sandbox
