// Supervisor: calls about files, processes and use.
#include "host/engine/supervisor.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;

void fail_busy(const std::shared_ptr<Session>& session, std::uint32_t number) {
    wire::Reply reply;
    reply.set_failure_kind(wire::FAILURE_KIND_BUSY);
    reply.set_failure(
        "the container is starting or being saved, or another command works on its files");
    session->reply(number, std::move(reply));
}

}  // namespace

void Supervisor::on_file_call(const SessionRef& session, const wire::Request& request) {
    const std::uint32_t number = request.number();
    if (started_) {
        if (live() == nullptr) return session->fail(number, "the container is not running");
        if (!live()->running() || live()->saving()) return fail_busy(session, number);
        if (live()->paused())
            return session->fail(number, "the container is paused: unpause it first");
        return file_calls_.handle(*live(), session, request);
    }
    if (request.has_statistics() || request.has_processes())
        return session->fail(number, "the container is not running");
    if (maintenance_ && maintenance_->finishing()) return fail_busy(session, number);
    if (const auto begun = begin_maintenance(request); !begun)
        return session->fail(number, begun.error().message());
    const std::weak_ptr<Session> waiting = session;
    maintenance_->when_ready([this, waiting, request](Result<sandbox::Sandbox*> machine) {
        const auto client = waiting.lock();
        if (!client) return;
        if (!machine) return client->fail(request.number(), machine.error().message());
        file_calls_.handle(**machine, client, request);
    });
}

Result<void> Supervisor::begin_maintenance(const wire::Request& request) {
    if (request.files().request().has_extract()) {
        if (parts_.config->auto_remove())
            return Error(
                "the container was made with --rm, and its disk lives only while it runs: nothing "
                "can be copied into it before");
        if (parts_.config->spec().root_readonly())
            return Error("container rootfs is marked read-only");
    }
    if (maintenance_) return {};
    // Whoever removes the container by force must find us.
    TRY(parts_.container.set_owner());
    auto plan = TRY(make_launch_plan(*parts_.config, parts_.files, parts_.places));
    confinement_.before_launch(*parts_.config, parts_.files);
    plan.vm.jail.unconfined_starter = confinement_.missing();
    maintenance_ = TRY(Maintenance::begin(loop_, std::move(plan), [this] { leave(); }));
    confinement_.after_launch(maintenance_->jail());
    return {};
}

}  // namespace bulkhead::engine
