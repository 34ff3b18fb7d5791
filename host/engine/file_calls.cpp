#include "host/engine/file_calls.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "host/engine/process_use.h"
#include "host/sandbox/trace.h"
#include "proto/agent.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;
using Request = wire::Request;

// Finished work that nobody asked about is forgotten after so many others.
constexpr std::size_t kMostWorks = 256;

void add_use(pid_t pid, wire::ProcessUse& target) {
    const auto use = process_use(pid);
    if (!use) return;  // another user's, or gone: 0
    target.set_private_bytes(use->memory.private_bytes);
    target.set_guest_bytes(use->memory.guest_bytes);
    target.set_cpu_ns(use->cpu_ns);
}

}  // namespace

struct FileCalls::Work {
    std::uint32_t in_guest = 0;   // the sandbox's number for it
    std::optional<Owed> starter;  // who began it, until they know
    std::vector<Owed> waiters;
    std::optional<Result<agent::v1::FilesReply>> result;
};

FileCalls::FileCalls() = default;
FileCalls::~FileCalls() = default;

bool FileCalls::takes(const Request& request) {
    return request.has_files() || request.has_files_wait() || request.has_processes() ||
           request.has_statistics();
}

void FileCalls::handle(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
                       const Request& request) {
    const std::uint32_t number = request.number();
    if (request.has_files()) return begin(sandbox, session, request);
    if (request.has_files_wait())
        return wait(sandbox, session, number, request.files_wait().work());
    if (request.has_statistics()) return statistics(sandbox, session, number);
    processes(sandbox, session, number);
}

void FileCalls::begin(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
                      const Request& request) {
    if (works_.size() == kMostWorks) forget_one();
    const std::uint32_t work = next_++;
    works_[work].starter = Owed{session, request.number()};
    const std::uint32_t in_guest = sandbox.files(
        request.files().request(),
        {.opened = [this, work](UniqueFd stream) { on_opened(work, std::move(stream)); },
         .finished = [this, work](auto result) { on_finished(work, std::move(result)); }});
    if (const auto found = works_.find(work); found != works_.end())
        found->second.in_guest = in_guest;
}

// The oldest that is done, or else the oldest. Whoever waits for it is told.
void FileCalls::forget_one() {
    auto oldest = std::ranges::find_if(
        works_, [](const auto& entry) { return entry.second.result.has_value(); });
    if (oldest == works_.end()) oldest = works_.begin();
    Work gone = std::move(oldest->second);
    works_.erase(oldest);
    if (gone.starter) gone.waiters.push_back(*gone.starter);
    for (const Owed& owed : gone.waiters) {
        if (const auto session = owed.session.lock())
            session->fail(owed.number, "too much other work on files came after this");
    }
}

void FileCalls::on_opened(std::uint32_t work, UniqueFd stream) {
    const auto found = works_.find(work);
    if (found == works_.end() || !found->second.starter) return;
    const Owed starter = *std::exchange(found->second.starter, std::nullopt);
    const auto session = starter.session.lock();
    if (!session) return;  // the stream closes, which ends the work
    wire::Reply reply;
    reply.mutable_files()->set_work(work);
    const int descriptor = stream.get();
    session->reply(starter.number, std::move(reply), {&descriptor, 1});
}

void FileCalls::on_finished(std::uint32_t work, Result<agent::v1::FilesReply> result) {
    const auto found = works_.find(work);
    if (found == works_.end()) return;
    Work& state = found->second;
    state.result = std::move(result);
    std::vector<Owed> owed = std::exchange(state.waiters, {});
    // It has no stream, or failed before that.
    if (state.starter) owed.push_back(*std::exchange(state.starter, std::nullopt));
    for (const Owed& each : owed) {
        const auto session = each.session.lock();
        if (!session) continue;
        if (!*state.result) {
            session->fail(each.number, state.result->error().message());
            continue;
        }
        wire::Reply reply;
        *reply.mutable_files()->mutable_result() = **state.result;
        session->reply(each.number, std::move(reply));
    }
    if (!owed.empty()) works_.erase(found);
}

// Clients ask this when they are done with the stream.
void FileCalls::wait(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
                     std::uint32_t number, std::uint32_t work) {
    const auto found = works_.find(work);
    if (found == works_.end()) return session->fail(number, "there is no such work");
    found->second.waiters.push_back({session, number});
    if (found->second.result)
        return on_finished(work, *std::exchange(found->second.result, std::nullopt));
    sandbox.files_streamed(found->second.in_guest);
}

void FileCalls::statistics(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
                           std::uint32_t number) {
    const std::weak_ptr<Session> waiting = session;
    sandbox.statistics([waiting, number, monitor = sandbox.vmm_pid()](auto statistics) {
        const auto client = waiting.lock();
        if (!client) return;
        if (!statistics) return client->fail(number, statistics.error().message());
        wire::Reply reply;
        auto& answer = *reply.mutable_statistics();
        *answer.mutable_guest() = *std::move(statistics);
        answer.set_time_ns(sandbox::Trace::now());
        add_use(monitor, *answer.mutable_monitor());
        add_use(::getpid(), *answer.mutable_supervisor());
        client->reply(number, std::move(reply));
    });
}

void FileCalls::processes(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
                          std::uint32_t number) {
    const std::weak_ptr<Session> waiting = session;
    sandbox.processes([waiting, number](auto processes) {
        const auto client = waiting.lock();
        if (!client) return;
        if (!processes) return client->fail(number, processes.error().message());
        wire::Reply reply;
        *reply.mutable_processes() = *std::move(processes);
        client->reply(number, std::move(reply));
    });
}

}  // namespace bulkhead::engine
