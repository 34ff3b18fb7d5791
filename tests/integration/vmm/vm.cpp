#include "tests/integration/vmm/vm.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "proto/ports.h"

namespace bulkhead::test {

namespace {

// A launch packet under construction.
struct Launch {
    wire::HostMessage message;
    std::vector<int> descriptors;

    std::uint32_t add(int descriptor) {
        descriptors.push_back(descriptor);
        return static_cast<std::uint32_t>(descriptors.size() - 1);
    }
};

void add_disk(Launch& launch, const VmDisk& disk) {
    wire::Disk* out = launch.message.mutable_launch()->add_disks();
    out->set_serial(disk.serial);
    out->set_read_only(disk.read_only);
    for (const DiskPart& part : disk.parts) {
        wire::DiskSegment* segment = out->add_segments();
        segment->set_fd(launch.add(part.file));
        segment->set_file_offset(part.offset);
        segment->set_length(part.length);
    }
}

}  // namespace

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    INFO("environment variable " << name);
    REQUIRE(value != nullptr);
    return value;
}

UniqueFd guest_kernel() {
    auto kernel = open_file(environment("BULKHEAD_KERNEL"), O_RDONLY);
    INFO("BULKHEAD_KERNEL must name the guest kernel (tools/build_kernel prints its path)");
    REQUIRE(kernel);
    return std::move(*kernel);
}

Vm::Vm(int messages) {
    const std::string program = environment("BULKHEAD_VMM");
    auto ends = make_socketpair(SOCK_SEQPACKET);
    auto pipe = make_pipe();
    REQUIRE((ends && pipe));
    console_end_ = std::move(pipe->first);
    console_for_vmm_ = std::move(pipe->second);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        // dup2 to itself would keep close-on-exec.
        const int moved = ::fcntl(ends->second.get(), F_DUPFD, 10);
        ::dup2(moved, protocol::kVmmControlDescriptor);
        if (messages >= 0) ::dup2(messages, STDERR_FILENO);
        ::execl(program.c_str(), program.c_str(), nullptr);
        ::_exit(127);
    }
    control_.emplace(std::move(ends->first));
}

Vm::Vm(VmOptions options) : Vm(options.messages.get()) {
    auto kvm = open_file("/dev/kvm", O_RDWR);
    REQUIRE(kvm);
    if (!options.kernel.valid() && !options.restore) options.kernel = guest_kernel();
    Launch launch;
    wire::Launch* out = launch.message.mutable_launch();
    out->set_vcpus(options.vcpus);
    out->set_memory_bytes(options.memory_mib << 20);
    out->set_kvm_fd(launch.add(kvm->get()));
    out->set_pause_at_first_stream(options.pause_at_first_stream);
    out->set_log_writes(options.log_writes);
    if (options.restore) {
        out->mutable_restore()->set_state_fd(launch.add(options.restore->state));
        out->mutable_restore()->set_memory_fd(launch.add(options.restore->memory));
        for (const std::uint64_t number : options.written)
            out->mutable_restore()->add_written_pages(number);
    } else {
        out->set_kernel_fd(launch.add(options.kernel.get()));
    }
    if (options.initrd.valid()) out->set_initrd_fd(launch.add(options.initrd.get()));
    out->set_console_fd(launch.add(console_for_vmm_.get()));
    out->set_kernel_arguments(options.arguments);
    for (const VmDisk& disk : options.disks) add_disk(launch, disk);
    send(launch.message, launch.descriptors);
    console_for_vmm_.reset();
}

Vm::~Vm() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Vm::send(const wire::HostMessage& message, std::vector<int> descriptors) {
    const std::string bytes = message.SerializeAsString();
    REQUIRE(control_->send(std::as_bytes(std::span(bytes)), descriptors));
}

void Vm::stop() {
    wire::HostMessage message;
    message.mutable_stop();
    send(message);
}

UniqueFd Vm::open_stream(std::uint32_t port) {
    auto ends = make_socketpair(SOCK_STREAM);
    REQUIRE(ends);
    wire::HostMessage message;
    message.mutable_open_stream()->set_port(port);
    send(message, {ends->second.get()});
    return std::move(ends->first);
}

void Vm::expect_alive() const {
    INFO("console so far:\n" << console_);
    INFO("ended: " << (ended_ ? ended_->detail() : ""));
    REQUIRE_FALSE(ended_);
}

wire::Started Vm::wait_started() {
    while (!started_) {
        expect_alive();
        pump();
    }
    return *started_;
}

void Vm::wait_for_console(const std::string& text) {
    while (console_.find(text) == std::string::npos) {
        expect_alive();
        pump();
    }
}

bool Vm::wait_for_console_or_end(const std::string& text) {
    while (!ended_ && console_.find(text) == std::string::npos) {
        INFO("console so far:\n" << console_);
        REQUIRE(control_);
        pump();
    }
    return ended_.has_value();
}

wire::DeviceLimits Vm::exchange_device_limits(const wire::DeviceLimits& limits) {
    wire::HostMessage message;
    *message.mutable_set_device_limits()->mutable_limits() = limits;
    device_limits_.reset();
    send(message);
    while (!device_limits_) {
        expect_alive();
        pump();
    }
    return *device_limits_;
}

void Vm::pause() {
    wire::HostMessage message;
    message.mutable_pause();
    send(message);
    wait_paused();
}

void Vm::wait_paused() {
    while (!paused_) {
        expect_alive();
        pump();
    }
}

void Vm::resume() {
    paused_ = false;
    wire::HostMessage message;
    message.mutable_resume();
    send(message);
}

std::string Vm::save(SavedFiles files) {
    wire::HostMessage message;
    message.mutable_save()->set_state_fd(0);
    message.mutable_save()->set_memory_fd(1);
    message.mutable_save()->set_no_swap(true);  // the devhost has none
    saved_.reset();
    send(message, {files.state, files.memory});
    while (!saved_) {
        expect_alive();
        pump();
    }
    return saved_->error();
}

std::vector<std::uint64_t> Vm::take_writes() {
    wire::HostMessage message;
    message.mutable_take_writes();
    writes_.reset();
    send(message);
    while (!writes_) {
        expect_alive();
        pump();
    }
    return {writes_->pages().begin(), writes_->pages().end()};
}

std::pair<std::uint32_t, UniqueFd> Vm::wait_stream() {
    while (streams_.empty()) {
        expect_alive();
        pump();
    }
    auto stream = std::move(streams_.front());
    streams_.pop_front();
    return stream;
}

wire::Ended Vm::wait_ended() {
    while (!ended_) {
        INFO("console so far:\n" << console_);
        REQUIRE(control_);
        pump();
    }
    return *ended_;
}

int Vm::wait_exit() {
    while (control_) pump();
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    console_for_vmm_.reset();  // when there was no launch message: nothing will be printed
    while (console_end_.valid() && !console_paused_) read_console();
    return status;
}

// Waits until something happens, and takes it.
void Vm::pump() {
    std::array<pollfd, 2> fds{pollfd{control_ ? control_->fd() : -1, POLLIN, 0},
                              pollfd{console_paused_ ? -1 : console_end_.get(), POLLIN, 0}};
    REQUIRE(::poll(fds.data(), fds.size(), -1) > 0);
    if (fds[1].revents != 0) read_console();
    if (fds[0].revents != 0) read_control();
}

void Vm::read_control() {
    auto packet = control_->receive();
    REQUIRE(packet);
    if (!packet->has_value()) {
        control_.reset();
        return;
    }
    REQUIRE_FALSE(ended_);  // Ended is the last packet
    wire::VmmMessage message;
    REQUIRE(
        message.ParseFromArray((*packet)->bytes.data(), static_cast<int>((*packet)->bytes.size())));
    if (message.has_started()) started_ = message.started();
    if (message.has_ended()) ended_ = message.ended();
    if (message.has_device_limits()) device_limits_ = message.device_limits();
    if (message.has_paused()) paused_ = true;
    if (message.has_saved()) saved_ = message.saved();
    if (message.has_writes()) writes_ = message.writes();
    if (message.has_stream_opened()) {
        REQUIRE((*packet)->descriptors.size() == 1);
        if (take_stream_) return take_stream_(std::move((*packet)->descriptors.front()));
        streams_.emplace_back(message.stream_opened().port(),
                              std::move((*packet)->descriptors.front()));
    }
}

void Vm::read_console() {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(console_end_.get(), buffer.data(), buffer.size());
    REQUIRE(count >= 0);
    if (count == 0) console_end_.reset();
    for (const char c : std::span(buffer).first(static_cast<std::size_t>(count))) {
        if (c != '\r') console_.push_back(c);
    }
}

}  // namespace bulkhead::test
