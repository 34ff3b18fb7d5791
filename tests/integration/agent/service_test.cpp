#include "guest-agent/service/service.h"

#include <csignal>
#include <future>
#include <thread>

#include <catch2/catch.hpp>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include "base/syscalls.h"
#include "guest-agent/init/host_connection.h"
#include "proto/agent.grpc.pb.h"
#include "proto/ports.h"
#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

// The agent as it runs in a guest, gRPC included, with the host's client in another thread.
class ServedAgent {
  public:
    ServedAgent() {
        connection_ =
            HostConnection::dial(agent_.loop, agent_.dialer, [this] { lost_ = true; }).value();
        service_ = Service::create({.loop = agent_.loop,
                                    .supervisor = *agent_.supervisor,
                                    .timeline = agent_.timeline,
                                    .on_shutdown_answered = [this] { answered_ = true; }})
                       .value();
        service_->adopt(connection_->stream().value());
        UniqueFd host = std::move(agent_.dialer.host_ends[protocol::kAgentPort]);
        channel_ = grpc::CreateInsecureChannelFromFd("agent", host.release());
        stub_ = v1::Agent::NewStub(channel_);
    }

    // Makes a call on a thread of the client's while this one serves the agent's loop.
    template <class Call>
    grpc::Status call(Call call) {
        auto status = std::async(std::launch::async, [&] {
            grpc::ClientContext context;
            return call(*stub_, context);
        });
        agent_.until(
            [&] { return status.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
        return status.get();
    }

    void hang_up() {
        stub_.reset();
        channel_.reset();
    }

    AgentFixture& agent() { return agent_; }

    HostConnection& connection() { return *connection_; }

    [[nodiscard]] bool lost() const { return lost_; }

    [[nodiscard]] bool shutdown_answered() const { return answered_; }

  private:
    AgentFixture agent_;
    std::unique_ptr<HostConnection> connection_;
    std::unique_ptr<Service> service_;
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<v1::Agent::Stub> stub_;
    bool lost_ = false;
    bool answered_ = false;
};

TEST_CASE("service: a whole life over one adopted connection") {
    ServedAgent served;

    v1::WaitReply none;
    v1::WaitRequest wait;
    wait.set_id("init");
    CHECK(served.call([&](auto& stub, auto& context) { return stub.Wait(&context, wait, &none); })
              .error_code() == grpc::StatusCode::NOT_FOUND);

    auto request = AgentFixture::shell("echo hello; exec cat");
    request.mutable_streams()->set_stdin_port(kInput);
    auto too_new = request;
    too_new.set_generation(protocol::kGeneration + 1);
    v1::StartReply refused;
    CHECK(served
              .call([&](auto& stub, auto& context) {
                  return stub.Start(&context, too_new, &refused);
              })
              .error_code() == grpc::StatusCode::FAILED_PRECONDITION);

    auto nothing = request;
    nothing.set_maintenance(true);
    CHECK(served
              .call([&](auto& stub, auto& context) {
                  return stub.Prepare(&context, nothing, &refused);
              })
              .error_code() == grpc::StatusCode::INVALID_ARGUMENT);

    v1::StartReply started;
    REQUIRE(served
                .call([&](auto& stub, auto& context) {
                    return stub.Start(&context, request, &started);
                })
                .ok());
    CHECK(started.failure() == v1::START_FAILURE_NONE);
    CHECK(started.pid() > 1);
    CHECK(started.generation() == protocol::kGeneration);
    CHECK_FALSE(started.agent_version().empty());
    CHECK_FALSE(started.kernel_release().empty());
    CHECK(started.timings_size() >= 4);

    v1::ExecReply executed;
    auto exec = AgentFixture::exec_shell("one", "exit 3");
    REQUIRE(
        served.call([&](auto& stub, auto& context) { return stub.Exec(&context, exec, &executed); })
            .ok());
    v1::WaitReply waited;
    v1::WaitRequest wait_exec;
    wait_exec.set_id("one");
    REQUIRE(served
                .call([&](auto& stub, auto& context) {
                    return stub.Wait(&context, wait_exec, &waited);
                })
                .ok());
    CHECK(waited.exit_code() == 3);

    v1::ExecReply missing;
    exec.set_id("two");
    exec.mutable_process()->set_args(0, "missing");
    REQUIRE(
        served.call([&](auto& stub, auto& context) { return stub.Exec(&context, exec, &missing); })
            .ok());
    CHECK(missing.failure() == v1::START_FAILURE_NOT_FOUND);

    v1::SignalReply signalled;
    v1::SignalRequest signal;
    signal.set_id("init");
    signal.set_signal(SIGKILL);
    REQUIRE(served
                .call([&](auto& stub, auto& context) {
                    return stub.Signal(&context, signal, &signalled);
                })
                .ok());
    v1::WaitReply ended;
    REQUIRE(
        served.call([&](auto& stub, auto& context) { return stub.Wait(&context, wait, &ended); })
            .ok());
    CHECK(ended.signal() == SIGKILL);
    CHECK(served.agent().received(kOutput) == "hello\n");

    v1::ResizeReply resized;
    v1::ResizeRequest resize;
    resize.set_id("init");
    CHECK(served
              .call([&](auto& stub, auto& context) {
                  return stub.Resize(&context, resize, &resized);
              })
              .error_code() == grpc::StatusCode::FAILED_PRECONDITION);

    v1::ShutdownReply down;
    v1::ShutdownRequest shutdown;
    REQUIRE(served
                .call([&](auto& stub, auto& context) {
                    return stub.Shutdown(&context, shutdown, &down);
                })
                .ok());
    served.agent().until([&] { return served.shutdown_answered(); });
    CHECK(served.agent().root.unmounted());

    bool sent = false;
    served.connection().when_sent([&] { sent = true; });
    served.agent().until([&] { return sent; });
    CHECK_FALSE(served.lost());
    served.hang_up();
    served.agent().until([&] { return served.lost(); });
    CHECK(served.lost());
}

}  // namespace
}  // namespace bulkhead::agent::test
