// Speaks proto/vmm.proto on descriptor 3 and proto/agent.proto on a stream, and behaves as the
// launch's kernel arguments say. One word each:
//   refuse silent panic die garbage notfound crash-starting crash-running killed-running
//   hang-streams wait-signal late-stream exit=N save-ok save-error save-dies save-refused
//   save-unheld: as wait-signal, and what becomes of a save prepare-ok prepare-error prepare-dies
//   prepare-late prepare-fails: what becomes of a machine that is saved when its container is
//   prepared
//   prepare-counts-wrongly prepare-counts-never: and what it says of the pages that were written
// A further process does what its first argument says, and work on files what its path says:
// debts.h.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>

#include "base/packet_channel.h"
#include "base/syscalls.h"
#include "proto/agent.grpc.pb.h"
#include "proto/ports.h"
#include "proto/vmm.pb.h"
#include "tests/unit/sandbox/debts.h"

namespace bulkhead {

namespace {

namespace wire = agent::v1;

class Monitor {
  public:
    Monitor() : channel_(UniqueFd(protocol::kVmmControlDescriptor)) {}

    vmm::v1::Launch receive_launch() {
        const auto packet = channel_.receive();
        vmm::v1::HostMessage message;
        if (!packet || !packet->has_value() ||
            !message.ParseFromArray((*packet)->bytes.data(),
                                    static_cast<int>((*packet)->bytes.size())))
            std::exit(99);
        console_ =
            duplicate((*packet)->descriptors.at(message.launch().console_fd()).get()).value();
        return message.launch();
    }

    void print(std::string_view text) const {
        static_cast<void>(write_full(console_.get(), std::as_bytes(std::span(text))));
    }

    void send(const vmm::v1::VmmMessage& message, std::span<const int> descriptors = {}) {
        const std::string bytes = message.SerializeAsString();
        static_cast<void>(channel_.send(std::as_bytes(std::span(bytes)), descriptors));
    }

    void started() {
        vmm::v1::VmmMessage message;
        message.mutable_started()->add_steps()->set_name("fake");
        send(message);
    }

    [[noreturn]] void end(vmm::v1::EndReason reason, const std::string& detail) {
        vmm::v1::VmmMessage message;
        message.mutable_ended()->set_reason(reason);
        message.mutable_ended()->set_detail(detail);
        send(message);
        ::_exit(0);
    }

    // Our end of a stream that "the guest" opened to the host's port.
    UniqueFd open_stream(std::uint32_t port) {
        auto ends = make_socketpair(SOCK_STREAM).value();
        vmm::v1::VmmMessage message;
        message.mutable_stream_opened()->set_port(port);
        const int fd = ends.second.get();
        send(message, std::span(&fd, 1));
        return std::move(ends.first);
    }

    void send_garbage() {
        const std::string bytes = "\xFF\xFF\xFF";
        static_cast<void>(channel_.send(std::as_bytes(std::span(bytes))));
    }

    // Until the host closes the socket. What it asks for is not answered, unless it is to save.
    // `call`: the agent calls the host again.
    void wait_for_host(const std::string& behaviour = "",
                       const std::function<void()>& call = nullptr) {
        for (auto packet = channel_.receive(); packet && packet->has_value();
             packet = channel_.receive()) {
            if (behaviour.starts_with("save-")) answer(**packet, behaviour);
            if (behaviour.starts_with("prepare-")) {
                answer(**packet, behaviour);
                if (goes_on(**packet, behaviour)) call();
            }
        }
    }

  private:
    void answer(const Packet& packet, const std::string& behaviour) {
        vmm::v1::HostMessage asked;
        asked.ParseFromArray(packet.bytes.data(), static_cast<int>(packet.bytes.size()));
        vmm::v1::VmmMessage message;
        if (asked.has_pause() || (asked.has_pause_at_stream() && behaviour != "prepare-late"))
            paused();
        if (asked.has_take_writes()) return writes(behaviour);
        if (!asked.has_save()) return;
        if (behaviour.ends_with("-dies")) ::_exit(1);
        if (packet.descriptors.size() != 2) ::_exit(2);
        message.mutable_saved()->set_error(behaviour.ends_with("-error") ? "no space" : "");
        send(message);
    }

    void writes(const std::string& behaviour) {
        if (behaviour == "prepare-counts-never") return;
        vmm::v1::VmmMessage message;
        auto& pages = *message.mutable_writes();
        pages.add_pages(7);
        pages.add_pages(behaviour == "prepare-counts-wrongly" ? ~std::uint64_t{0} : 2);
        send(message);
    }

    void paused() {
        vmm::v1::VmmMessage message;
        message.mutable_paused();
        send(message);
        paused_ = true;
    }

    // Whether a guest that paused at its call makes it now. A late one is there only after the
    // host's patience, and pauses all the same.
    bool goes_on(const Packet& packet, const std::string& behaviour) {
        vmm::v1::HostMessage asked;
        asked.ParseFromArray(packet.bytes.data(), static_cast<int>(packet.bytes.size()));
        if (!asked.has_resume()) return false;
        if (!paused_ && behaviour == "prepare-late") {
            paused();
            return false;
        }
        return std::exchange(paused_, false);
    }

    PacketChannel channel_;
    UniqueFd console_;
    bool paused_ = false;
};

class Agent final : public wire::Agent::Service {
  public:
    Agent(Monitor& monitor, std::string behaviour)
        : monitor_(monitor), behaviour_(std::move(behaviour)) {}

    grpc::Status Start(grpc::ServerContext* /*context*/, const wire::StartRequest* request,
                       wire::StartReply* reply) override {
        if (request->entropy().empty() || request->realtime_ns() == 0)
            return {grpc::StatusCode::INVALID_ARGUMENT, "no entropy or no time"};
        if (behaviour_ == "crash-starting") crash();
        if (behaviour_ == "notfound") {
            reply->set_failure(wire::START_FAILURE_NOT_FOUND);
            reply->set_message("exec: \"nothing\x1b[31m\": not found");
            return grpc::Status::OK;
        }
        if (request->prepared()) monitor_.print("started prepared\n");
        const auto& ports = request->streams();
        if (ports.stdin_port() != 0) input_ = monitor_.open_stream(ports.stdin_port());
        if (behaviour_ == "late-stream") monitor_.open_stream(0x1000'00FF);
        output_ = monitor_.open_stream(ports.stdout_port());
        if (ports.stderr_port() != 0) error_ = monitor_.open_stream(ports.stderr_port());
        auto& timing = *reply->add_timings();
        timing.set_step("fake start");
        timing.set_boottime_ns(1000);
        return grpc::Status::OK;
    }

    grpc::Status Prepare(grpc::ServerContext* /*context*/, const wire::StartRequest* request,
                         wire::StartReply* reply) override {
        if (request->entropy().empty() || request->realtime_ns() == 0 || request->generation() == 0)
            return {grpc::StatusCode::INVALID_ARGUMENT, "no entropy, no time or no generation"};
        monitor_.print("prepared " + request->spec().domainname() + "\n");
        if (behaviour_ != "prepare-fails") return grpc::Status::OK;
        reply->set_failure(wire::START_FAILURE_OTHER);
        reply->set_message("mounting /extra");
        return grpc::Status::OK;
    }

    grpc::Status Wait(grpc::ServerContext* /*context*/, const wire::WaitRequest* /*request*/,
                      wire::WaitReply* reply) override {
        if (behaviour_ == "crash-running") crash();
        // A kill of itself would do nothing: it is the first process of its namespace.
        if (behaviour_ == "killed-running") __builtin_trap();
        if (behaviour_ == "wait-signal" || behaviour_.starts_with("save-") ||
            behaviour_.starts_with("prepare-")) {
            std::unique_lock lock(mutex_);
            signalled_.wait(lock, [&] { return signal_ != 0; });
            reply->set_signal(signal_);
        }
        constexpr std::string_view kExit = "exit=";
        if (behaviour_.starts_with(kExit))
            reply->set_exit_code(
                static_cast<std::uint32_t>(std::atoi(behaviour_.c_str() + kExit.size())));
        echo();
        if (behaviour_ == "hang-streams") return grpc::Status::OK;
        output_.reset();
        error_.reset();
        return grpc::Status::OK;
    }

    grpc::Status Signal(grpc::ServerContext* /*context*/, const wire::SignalRequest* request,
                        wire::SignalReply* /*reply*/) override {
        const std::scoped_lock lock(mutex_);
        if (request->id() != protocol::kInitProcess) {
            // So that a test sees that it came.
            signal_ = request->signal() == SIGKILL ? SIGUSR2 : 0;
        } else {
            signal_ = request->signal();
        }
        signalled_.notify_one();
        return grpc::Status::OK;
    }

    grpc::Status Exec(grpc::ServerContext* /*context*/, const wire::ExecRequest* request,
                      wire::ExecReply* /*reply*/) override {
        const std::string& wanted = request->process().args(0);
        if (wanted == debts::kNoAnswer) never();
        if (wanted == debts::kNoStream) return grpc::Status::OK;
        const auto& ports = request->streams();
        for (const std::uint32_t port :
             {ports.stdin_port(), ports.stdout_port(), ports.stderr_port()})
            if (port != 0) open(port);
        return grpc::Status::OK;
    }

    grpc::Status Files(grpc::ServerContext* /*context*/, const wire::FilesRequest* request,
                       wire::FilesReply* reply) override {
        if (request->has_stat()) never();
        const std::string& wanted = request->archive().path();
        if (wanted == debts::kNoAnswer) never();
        if (wanted == debts::kNoStream) return grpc::Status::OK;
        if (wanted == debts::kNothingThere) {
            reply->set_failure(wire::FILES_FAILURE_NOT_FOUND);
            return grpc::Status::OK;
        }
        open(request->port());
        if (wanted == debts::kSilent) never();
        reply->set_bytes(1);
        return grpc::Status::OK;
    }

    grpc::Status Hold(grpc::ServerContext* /*context*/, const wire::HoldRequest* /*request*/,
                      wire::HoldReply* /*reply*/) override {
        if (behaviour_ == "save-unheld") never();
        if (behaviour_ == "save-refused")
            return {grpc::StatusCode::FAILED_PRECONDITION, "the container is busy"};
        return grpc::Status::OK;
    }

    grpc::Status Release(grpc::ServerContext* /*context*/, const wire::ReleaseRequest* request,
                         wire::ReleaseReply* /*reply*/) override {
        if (!request->has_adoption()) {
            monitor_.print("released\n");
            return grpc::Status::OK;
        }
        const auto& adoption = request->adoption();
        if (adoption.entropy().empty() || adoption.realtime_ns() == 0 || request->generation() == 0)
            return {grpc::StatusCode::INVALID_ARGUMENT, "no entropy, no time or no generation"};
        output_ = monitor_.open_stream(adoption.streams().stdout_port());
        error_ = monitor_.open_stream(adoption.streams().stderr_port());
        monitor_.print("adopted " + adoption.container_id() + "\n");
        return grpc::Status::OK;
    }

    grpc::Status Shutdown(grpc::ServerContext* /*context*/,
                          const wire::ShutdownRequest* /*request*/,
                          wire::ShutdownReply* /*reply*/) override {
        monitor_.end(vmm::v1::END_REASON_GUEST_RESET, "");
    }

  private:
    // Its thread ends with us.
    [[noreturn]] static void never() {
        for (;;) ::pause();
    }

    // A stream that stays open.
    void open(std::uint32_t port) {
        const std::scoped_lock lock(mutex_);
        streams_.push_back(monitor_.open_stream(port));
    }

    // What the process does: copies its input to its output and its error output.
    void echo() {
        std::array<std::byte, 4096> buffer{};
        while (input_.valid()) {
            const ssize_t count = ::read(input_.get(), buffer.data(), buffer.size());
            if (count <= 0) break;
            const auto bytes = std::span(buffer).first(static_cast<std::size_t>(count));
            static_cast<void>(write_full(output_.get(), bytes));
            if (error_.valid()) static_cast<void>(write_full(error_.get(), bytes));
        }
    }

    [[noreturn]] void crash() {
        static_cast<void>(write_full(output_.get(), std::as_bytes(std::span("partial", 7))));
        monitor_.print("Oops: test\r\nKernel panic - not syncing: \x1b[2Jtest\r\n");
        monitor_.end(vmm::v1::END_REASON_GUEST_PANIC, "");
    }

    Monitor& monitor_;
    std::string behaviour_;
    UniqueFd input_;
    UniqueFd output_;
    UniqueFd error_;
    std::vector<UniqueFd> streams_;
    std::mutex mutex_;
    std::condition_variable signalled_;
    std::uint32_t signal_ = 0;
};

void serve(Monitor& monitor, const std::string& behaviour) {
    Agent agent(monitor, behaviour);
    grpc::ServerBuilder builder;
    builder.RegisterService(&agent);
    const auto server = builder.BuildAndStart();
    const auto call = [&] {
        UniqueFd stream = monitor.open_stream(protocol::kAgentPort);
        static_cast<void>(set_nonblocking(stream.get()));
        grpc::AddInsecureChannelFromFd(server.get(), stream.release());
    };
    call();
    monitor.wait_for_host(behaviour, call);
    ::_exit(0);
}

int run() {
    ::signal(SIGPIPE, SIG_IGN);
    Monitor monitor;
    const vmm::v1::Launch launch = monitor.receive_launch();
    const std::string& behaviour = launch.kernel_arguments();
    if (behaviour == "refuse") monitor.end(vmm::v1::END_REASON_LAUNCH_FAILED, "kernel_fd: no ELF");
    if (behaviour == "die") {
        std::cerr << "something broke\n";
        return 3;
    }
    monitor.started();
    if (behaviour == "panic") {
        monitor.print("early line\r\nKernel panic - not syncing: test\r\n");
        monitor.end(vmm::v1::END_REASON_GUEST_PANIC, "");
    }
    if (behaviour == "garbage") monitor.send_garbage();
    if (behaviour == "garbage" || behaviour == "silent") {
        monitor.print("still booting\r\n");
        monitor.wait_for_host();
        return 0;
    }
    serve(monitor, behaviour);
    return 0;
}

}  // namespace

}  // namespace bulkhead

int main() {
    return bulkhead::run();
}
