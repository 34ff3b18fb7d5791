#include "host/engine/supervisor_main.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/packet_channel.h"
#include "base/syscalls.h"
#include "base/thread_memory.h"
#include "host/checkpoints/store.h"
#include "host/engine/container_config.h"
#include "host/engine/control_socket.h"
#include "host/engine/images.h"
#include "host/engine/spawn.h"
#include "host/engine/supervisor.h"
#include "host/state/state_store.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

// SIGTERM and SIGINT, as a host that goes down sends them, stop the container in order. SIGQUIT
// ends it at once.
Result<UniqueFd> watch_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGQUIT);
    const int failure = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    if (failure != 0) return errno_error(failure, "block signals");
    UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals.valid()) return errno_error("signalfd");
    return signals;
}

// A supervisor that cannot begin answers the first request with the reason.
void tell_client(UniqueFd client, const Error& why) {
    PacketChannel channel(std::move(client));
    const auto packet = channel.receive();
    supervisor::v1::Request request;
    if (!packet || !packet->has_value() ||
        !request.ParseFromArray((*packet)->bytes.data(), static_cast<int>((*packet)->bytes.size())))
        return;
    supervisor::v1::Reply reply;
    reply.set_number(request.number());
    reply.set_failure(why.message());
    if (why.is(std::errc::device_or_resource_busy))
        reply.set_failure_kind(supervisor::v1::FAILURE_KIND_BUSY);
    const std::string bytes = reply.SerializeAsString();
    static_cast<void>(channel.send(std::as_bytes(std::span(bytes))));
}

logs::LogWriter::Options log_options(const container::v1::Config& config, std::string path) {
    logs::LogWriter::Options options;
    options.path = std::move(path);
    if (config.log().file_bytes() != 0) options.max_bytes = config.log().file_bytes();
    if (config.log().files() != 0) options.max_files = config.log().files();
    return options;
}

Result<void> serve(const state::Paths& paths, const HostFiles& files, const std::string& id,
                   UniqueFd lock, OwnCgroup& cgroup, UniqueFd& first_client) {
    TRY(share_thread_memory());
    const UniqueFd signals = TRY(watch_signals());
    auto store = state::StateStore::opened(paths);
    const state::Record record = TRY(store.find(id));
    state::Container container =
        TRY(lock.valid() ? store.adopt(record, std::move(lock)) : store.claim(record));
    const FaultPoints faults = FaultPoints::from_environment();
    faults.reach("claimed");
    auto config = std::make_unique<container::v1::Config>(TRY(load_config(container.directory())));
    auto log = TRY(logs::LogWriter::open(log_options(*config, store.log_of(record))));
    const std::string socket = store.socket_of(record);
    const UniqueFd listener = TRY(listen_at(socket));

    EventLoop loop;
    const LaunchPlaces places{image_store_path(paths), container.directory(), paths.root,
                              checkpoints::store_path(paths.root)};
    ContainerEvents events(event_journal(paths), container.record(), *config);
    Supervisor supervisor(loop,
                          {.store = store,
                           .container = std::move(container),
                           .config = std::move(config),
                           .files = files,
                           .places = places,
                           .templates = {templates::store_path(paths.root), templates::this_host()},
                           .log = std::move(log),
                           .events = std::move(events),
                           .socket = socket,
                           .cgroup = cgroup,
                           .faults = faults});
    const auto clients = loop.watch(listener.get(), EventLoop::Interest::Read, [&] {
        if (auto client = accept_client(listener.get())) supervisor.add_client(*std::move(client));
    });
    const auto stops = loop.watch(signals.get(), EventLoop::Interest::Read, [&] {
        signalfd_siginfo info{};
        if (::read(signals.get(), &info, sizeof(info)) != sizeof(info)) return;
        info.ssi_signo == SIGQUIT ? supervisor.destroy() : supervisor.stop();
    });
    TRY(set_nonblocking(first_client.get()));
    supervisor.add_client(std::move(first_client));
    loop.run();
    return {};
}

}  // namespace

Result<void> supervise(const state::Paths& paths, const HostFiles& files, const std::string& id,
                       const Arranged& arranged) {
    OwnCgroup cgroup(arranged.cgroup);
    UniqueFd first_client(kFirstClientDescriptor);
    UniqueFd handed_over(arranged.locked ? kLockDescriptor : -1);
    auto served = serve(paths, files, id, std::move(handed_over), cgroup, first_client);
    if (!served && first_client.valid()) tell_client(std::move(first_client), served.error());
    return served;
}

}  // namespace bulkhead::engine
