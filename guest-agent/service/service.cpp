#include "guest-agent/service/service.h"

#include <thread>

#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>

#include "base/relaxed_timers.h"
#include "guest-agent/service/replies.h"
#include "proto/agent.grpc.pb.h"

namespace bulkhead::agent {
namespace {

using AsyncService = v1::Agent::AsyncService;

grpc::Status status_of(const Refusal& refusal) {
    switch (refusal.kind) {
        case Refusal::Kind::InvalidArgument:
            return {grpc::StatusCode::INVALID_ARGUMENT, refusal.message};
        case Refusal::Kind::NotFound:
            return {grpc::StatusCode::NOT_FOUND, refusal.message};
        case Refusal::Kind::AlreadyExists:
            return {grpc::StatusCode::ALREADY_EXISTS, refusal.message};
        case Refusal::Kind::FailedPrecondition:
            return {grpc::StatusCode::FAILED_PRECONDITION, refusal.message};
        case Refusal::Kind::Internal:
            return {grpc::StatusCode::INTERNAL, refusal.message};
    }
    return {grpc::StatusCode::INTERNAL, refusal.message};
}

// What gRPC's completion queue gives back.
class Event {
  public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    virtual ~Event() = default;

    virtual void completed(bool ok) = 0;
};

// One method of the service: how gRPC accepts a call of it, and what answers it, on the loop.
template <class Request, class Response>
struct Method {
    using Accept = void (AsyncService::*)(grpc::ServerContext*, Request*,
                                          grpc::ServerAsyncResponseWriter<Response>*,
                                          grpc::CompletionQueue*, grpc::ServerCompletionQueue*,
                                          void*);
    Accept accept;
    std::function<void(const Request&, Reply<Response>)> handle;
    std::function<void()> on_answered;  // on gRPC's thread; may be empty
};

struct Queue {
    explicit Queue(EventLoop& the_loop) : loop(the_loop) {}

    EventLoop& loop;
    AsyncService service;
    std::unique_ptr<grpc::ServerCompletionQueue> events;
};

// One call, from before it comes until its answer has been sent. It owns itself meanwhile: gRPC
// holds its address, and gives it back once for the request and once for the answer.
template <class Request, class Response>
class Call final : public Event {
  public:
    static void expect(Queue& queue, const Method<Request, Response>& method) {
        auto* call = new Call(queue, method);
        (queue.service.*method.accept)(&call->context_, &call->request_, &call->responder_,
                                       queue.events.get(), queue.events.get(), call);
    }

    void completed(bool ok) override {
        if (ok && !answered_) {
            expect(queue_, method_);
            return queue_.loop.post([this] { handle(); });
        }
        // Answered, or (when the server is being shut down) never called.
        if (answered_ && method_.on_answered) method_.on_answered();
        delete this;
    }

  private:
    Call(Queue& queue, const Method<Request, Response>& method)
        : queue_(queue), method_(method), responder_(&context_) {}

    void handle() {
        method_.handle(request_, [this](Answer<Response> answer) { finish(std::move(answer)); });
    }

    void finish(Answer<Response> answer) {
        answered_ = true;
        if (const auto* refusal = std::get_if<Refusal>(&answer)) {
            responder_.FinishWithError(status_of(*refusal), this);
        } else {
            responder_.Finish(std::get<Response>(answer), grpc::Status::OK, this);
        }
    }

    Queue& queue_;
    const Method<Request, Response>& method_;
    grpc::ServerContext context_;
    Request request_;
    grpc::ServerAsyncResponseWriter<Response> responder_;
    bool answered_ = false;
};

// The answer `reply` wants, from the supervisor's.
template <class Value, class Response>
Reply<Value> converted(Reply<Response> reply, std::function<Response(const Value&)> convert) {
    return [reply = std::move(reply), convert = std::move(convert)](Answer<Value> answer) {
        if (auto* refusal = std::get_if<Refusal>(&answer)) return reply(std::move(*refusal));
        reply(convert(std::get<Value>(answer)));
    };
}

template <class Response>
Reply<Done> done_as(Reply<Response> reply) {
    return converted<Done, Response>(std::move(reply), [](const Done&) { return Response(); });
}

}  // namespace

class Service::Implementation {
  public:
    explicit Implementation(Parts parts) : parts_(std::move(parts)), queue_(parts_.loop) {}

    Result<void> start() {
        grpc::ServerBuilder builder;
        builder.RegisterService(&queue_.service);
        queue_.events = builder.AddCompletionQueue();
        // Arguments and environment may be megabytes; execve itself allows no more than this.
        constexpr int kMaxMessage = 16 * 1024 * 1024;
        builder.SetMaxReceiveMessageSize(kMaxMessage);
        // No pings to measure a link that is memory.
        builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
        server_ = builder.BuildAndStart();
        if (!server_) return Error("the gRPC server cannot be started");
        expect_calls();
        thread_ = std::thread([this] { serve(); });
        return {};
    }

    void stop() {
        if (!server_) return;
        server_->Shutdown();
        queue_.events->Shutdown();
        thread_.join();
    }

    void adopt(UniqueFd connection) {
        grpc::AddInsecureChannelFromFd(server_.get(), connection.release());
    }

  private:
    void serve() {
        void* event = nullptr;
        bool ok = false;
        while (queue_.events->Next(&event, &ok)) static_cast<Event*>(event)->completed(ok);
    }

    void expect_calls() {
        Call<v1::StartRequest, v1::StartReply>::expect(queue_, start_);
        Call<v1::StartRequest, v1::StartReply>::expect(queue_, prepare_);
        Call<v1::ExecRequest, v1::ExecReply>::expect(queue_, exec_);
        Call<v1::WaitRequest, v1::WaitReply>::expect(queue_, wait_);
        Call<v1::SignalRequest, v1::SignalReply>::expect(queue_, signal_);
        Call<v1::UpdateRequest, v1::UpdateReply>::expect(queue_, update_);
        Call<v1::ResizeRequest, v1::ResizeReply>::expect(queue_, resize_);
        Call<v1::FilesRequest, v1::FilesReply>::expect(queue_, files_);
        Call<v1::ProcessesRequest, v1::ProcessesReply>::expect(queue_, processes_);
        Call<v1::StatisticsRequest, v1::StatisticsReply>::expect(queue_, statistics_);
        Call<v1::HoldRequest, v1::HoldReply>::expect(queue_, hold_);
        Call<v1::ReleaseRequest, v1::ReleaseReply>::expect(queue_, release_);
        Call<v1::ShutdownRequest, v1::ShutdownReply>::expect(queue_, shutdown_);
    }

    Parts parts_;
    Queue queue_;

    Reply<LaunchResult> started(Reply<v1::StartReply> reply) {
        return converted<LaunchResult, v1::StartReply>(
            std::move(reply),
            [this](const LaunchResult& result) { return start_reply(result, parts_.timeline); });
    }

    const Method<v1::StartRequest, v1::StartReply> start_{
        &AsyncService::RequestStart,
        [this](const v1::StartRequest& request, Reply<v1::StartReply> reply) {
            parts_.supervisor.start(request, started(std::move(reply)));
        },
        {}};
    const Method<v1::StartRequest, v1::StartReply> prepare_{
        &AsyncService::RequestPrepare,
        [this](const v1::StartRequest& request, Reply<v1::StartReply> reply) {
            parts_.supervisor.prepare(request, started(std::move(reply)));
        },
        {}};
    const Method<v1::ExecRequest, v1::ExecReply> exec_{
        &AsyncService::RequestExec,
        [this](const v1::ExecRequest& request, Reply<v1::ExecReply> reply) {
            parts_.supervisor.exec(
                request, converted<LaunchResult, v1::ExecReply>(std::move(reply), exec_reply));
        },
        {}};
    const Method<v1::WaitRequest, v1::WaitReply> wait_{
        &AsyncService::RequestWait,
        [this](const v1::WaitRequest& request, Reply<v1::WaitReply> reply) {
            parts_.supervisor.wait(
                request.id(), converted<WaitResult, v1::WaitReply>(std::move(reply), wait_reply));
        },
        {}};
    const Method<v1::SignalRequest, v1::SignalReply> signal_{
        &AsyncService::RequestSignal,
        [this](const v1::SignalRequest& request, const Reply<v1::SignalReply>& reply) {
            done_as(reply)(request.all()
                               ? parts_.supervisor.signal_all(request.signal())
                               : parts_.supervisor.signal(request.id(), request.signal()));
        },
        {}};
    const Method<v1::UpdateRequest, v1::UpdateReply> update_{
        &AsyncService::RequestUpdate,
        [this](const v1::UpdateRequest& request, const Reply<v1::UpdateReply>& reply) {
            done_as(reply)(parts_.supervisor.update(request.resources()));
        },
        {}};
    const Method<v1::ResizeRequest, v1::ResizeReply> resize_{
        &AsyncService::RequestResize,
        [this](const v1::ResizeRequest& request, const Reply<v1::ResizeReply>& reply) {
            done_as(reply)(parts_.supervisor.resize(request.id(), request.size()));
        },
        {}};
    const Method<v1::FilesRequest, v1::FilesReply> files_{
        &AsyncService::RequestFiles,
        [this](const v1::FilesRequest& request, Reply<v1::FilesReply> reply) {
            parts_.supervisor.files(request, std::move(reply));
        },
        {}};
    const Method<v1::ProcessesRequest, v1::ProcessesReply> processes_{
        &AsyncService::RequestProcesses,
        [this](const v1::ProcessesRequest&, const Reply<v1::ProcessesReply>& reply) {
            reply(parts_.supervisor.list_processes());
        },
        {}};
    const Method<v1::StatisticsRequest, v1::StatisticsReply> statistics_{
        &AsyncService::RequestStatistics,
        [this](const v1::StatisticsRequest&, const Reply<v1::StatisticsReply>& reply) {
            reply(parts_.supervisor.statistics());
        },
        {}};
    const Method<v1::HoldRequest, v1::HoldReply> hold_{
        &AsyncService::RequestHold,
        [this](const v1::HoldRequest&, Reply<v1::HoldReply> reply) {
            parts_.supervisor.hold(done_as(std::move(reply)));
        },
        {}};
    const Method<v1::ReleaseRequest, v1::ReleaseReply> release_{
        &AsyncService::RequestRelease,
        [this](const v1::ReleaseRequest& request, Reply<v1::ReleaseReply> reply) {
            parts_.supervisor.release(request, done_as(std::move(reply)));
        },
        {}};
    const Method<v1::ShutdownRequest, v1::ShutdownReply> shutdown_{
        &AsyncService::RequestShutdown,
        [this](const v1::ShutdownRequest&, Reply<v1::ShutdownReply> reply) {
            parts_.supervisor.shutdown(done_as(std::move(reply)));
        },
        [this] { parts_.loop.post(parts_.on_shutdown_answered); }};

    std::unique_ptr<grpc::Server> server_;
    std::thread thread_;
};

Service::Service(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Service::~Service() {
    implementation_->stop();
}

Result<std::unique_ptr<Service>> Service::create(Parts parts) {
    // gRPC's threads would wake an idle guest up twice a second.
    const RelaxedTimers relaxed;
    auto implementation = std::make_unique<Implementation>(std::move(parts));
    TRY(implementation->start());
    return std::unique_ptr<Service>(new Service(std::move(implementation)));
}

void Service::adopt(UniqueFd connection) {
    implementation_->adopt(std::move(connection));
}

}  // namespace bulkhead::agent
