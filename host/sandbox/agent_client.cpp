#include "host/sandbox/agent_client.h"

#include <thread>
#include <unordered_set>

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include "base/relaxed_timers.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/sandbox/agent_answers.h"
#include "host/sandbox/file_answers.h"
#include "host/sandbox/guest_text.h"
#include "proto/agent.grpc.pb.h"

namespace bulkhead::sandbox {

namespace {

namespace wire = agent::v1;

// Answers are small; the largest holds a few dozen timings.
constexpr int kMaxAnswerBytes = 256 * 1024;

Error call_error(const char* what, const grpc::Status& status) {
    return Error(concat("agent: ", what, ": ", printable(status.error_message())));
}

// One call under way. Made on the loop; finished by the gRPC thread, which hands it back.
class Call {
  public:
    Call() = default;
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    virtual ~Call() = default;
    // Thread: loop.
    virtual void deliver() = 0;

    grpc::ClientContext context;
    grpc::Status status;
};

template <class Reply, class T>
class TypedCall final : public Call {
  public:
    TypedCall(const char* what, AgentClient::Answer<T> answer)
        : what_(what), answer_(std::move(answer)) {}

    TypedCall(const TypedCall&) = delete;
    TypedCall& operator=(const TypedCall&) = delete;
    ~TypedCall() override = default;

    void deliver() override {
        if (!status.ok()) {
            answer_(call_error(what_, status));
        } else if constexpr (std::is_void_v<T>) {
            answer_({});
        } else {
            answer_(read_answer(reply));
        }
    }

    Reply reply;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Reply>> reader;

  private:
    const char* what_;
    AgentClient::Answer<T> answer_;
};

std::shared_ptr<grpc::Channel> make_channel(UniqueFd stream) {
    static_cast<void>(set_nonblocking(stream.get()));
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
    return grpc::CreateCustomInsecureChannelFromFd("bulkhead-agent", stream.release(), arguments);
}

}  // namespace

class AgentClient::Implementation {
  public:
    Implementation(EventLoop& loop, UniqueFd stream)
        : loop_(loop),
          stub_(wire::Agent::NewStub(make_channel(std::move(stream)))),
          thread_([this] { run(); }) {}

    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;

    ~Implementation() {
        for (Call* call : calls_) call->context.TryCancel();
        queue_.Shutdown();
        thread_.join();
        // What the thread posted before it ended runs later, and finds this gone.
        alive_.reset();
        for (Call* call : calls_) delete call;
    }

    template <class T, class Reply, class Request, class Prepare>
    void call(const char* what, const Request& request, Prepare prepare, Answer<T> answer) {
        auto* call = new TypedCall<Reply, T>(what, std::move(answer));
        calls_.insert(call);
        call->reader = ((*stub_).*prepare)(&call->context, request, &queue_);
        call->reader->Finish(&call->reply, &call->status, static_cast<Call*>(call));
    }

  private:
    // Thread: the gRPC thread.
    void run() {
        void* tag = nullptr;
        bool ok = false;
        while (queue_.Next(&tag, &ok)) {
            loop_.post([this, call = static_cast<Call*>(tag), alive = std::weak_ptr<bool>(alive_)] {
                if (!alive.expired()) finish(call);
            });
        }
    }

    // Thread: loop.
    void finish(Call* call) {
        calls_.erase(call);
        const std::unique_ptr<Call> owned(call);
        owned->deliver();  // may destroy this object
    }

    EventLoop& loop_;
    grpc::CompletionQueue queue_;
    std::unique_ptr<wire::Agent::Stub> stub_;
    std::unordered_set<Call*> calls_;  // owned; thread: loop
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::thread thread_;
};

AgentClient::AgentClient(EventLoop& loop, UniqueFd stream) {
    // gRPC's threads look at their timers once a second, and none of ours is there.
    const RelaxedTimers relaxed;
    implementation_ = std::make_unique<Implementation>(loop, std::move(stream));
}

AgentClient::~AgentClient() = default;

void AgentClient::start(const wire::StartRequest& request, Answer<AgentStarted> answer) {
    implementation_->call<AgentStarted, wire::StartReply>(
        "start", request, &wire::Agent::Stub::AsyncStart, std::move(answer));
}

void AgentClient::prepare(const wire::StartRequest& request, Answer<AgentStarted> answer) {
    implementation_->call<AgentStarted, wire::StartReply>(
        "prepare", request, &wire::Agent::Stub::AsyncPrepare, std::move(answer));
}

void AgentClient::exec(const wire::ExecRequest& request, Answer<AgentStarted> answer) {
    implementation_->call<AgentStarted, wire::ExecReply>(
        "exec", request, &wire::Agent::Stub::AsyncExec, std::move(answer));
}

void AgentClient::wait(const std::string& process, Answer<AgentExit> answer) {
    wire::WaitRequest request;
    request.set_id(process);
    implementation_->call<AgentExit, wire::WaitReply>(
        "wait", request, &wire::Agent::Stub::AsyncWait, std::move(answer));
}

void AgentClient::signal(const std::string& process, int number, Answer<void> answer) {
    wire::SignalRequest request;
    request.set_id(process);
    request.set_signal(static_cast<std::uint32_t>(number));
    implementation_->call<void, wire::SignalReply>(
        "signal", request, &wire::Agent::Stub::AsyncSignal, std::move(answer));
}

void AgentClient::resize(const std::string& process, std::uint16_t rows, std::uint16_t columns,
                         Answer<void> answer) {
    wire::ResizeRequest request;
    request.set_id(process);
    request.mutable_size()->set_height(rows);
    request.mutable_size()->set_width(columns);
    implementation_->call<void, wire::ResizeReply>(
        "resize", request, &wire::Agent::Stub::AsyncResize, std::move(answer));
}

void AgentClient::update(const oci::v1::Resources& resources, Answer<void> answer) {
    wire::UpdateRequest request;
    *request.mutable_resources() = resources;
    implementation_->call<void, wire::UpdateReply>(
        "update", request, &wire::Agent::Stub::AsyncUpdate, std::move(answer));
}

void AgentClient::files(const wire::FilesRequest& request, Answer<wire::FilesReply> answer) {
    implementation_->call<wire::FilesReply, wire::FilesReply>(
        "files", request, &wire::Agent::Stub::AsyncFiles, std::move(answer));
}

void AgentClient::processes(Answer<wire::ProcessesReply> answer) {
    implementation_->call<wire::ProcessesReply, wire::ProcessesReply>(
        "processes", wire::ProcessesRequest(), &wire::Agent::Stub::AsyncProcesses,
        std::move(answer));
}

void AgentClient::statistics(Answer<wire::StatisticsReply> answer) {
    implementation_->call<wire::StatisticsReply, wire::StatisticsReply>(
        "statistics", wire::StatisticsRequest(), &wire::Agent::Stub::AsyncStatistics,
        std::move(answer));
}

void AgentClient::hold(Answer<void> answer) {
    implementation_->call<void, wire::HoldReply>("hold", wire::HoldRequest(),
                                                 &wire::Agent::Stub::AsyncHold, std::move(answer));
}

void AgentClient::release(const wire::ReleaseRequest& request, Answer<void> answer) {
    implementation_->call<void, wire::ReleaseReply>(
        "release", request, &wire::Agent::Stub::AsyncRelease, std::move(answer));
}

void AgentClient::shutdown(Answer<void> answer) {
    implementation_->call<void, wire::ShutdownReply>(
        "shutdown", wire::ShutdownRequest(), &wire::Agent::Stub::AsyncShutdown, std::move(answer));
}

}  // namespace bulkhead::sandbox
