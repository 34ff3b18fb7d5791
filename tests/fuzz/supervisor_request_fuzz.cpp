// Whatever clients send to a supervisor, in whatever order: it answers or closes, and its record
// stays one that can be read. Its container's image does not exist, so no start succeeds. The input
// is packets, each after two bytes of its length.
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/check.h"
#include "base/log.h"
#include "base/packet_channel.h"
#include "base/syscalls.h"
#include "host/engine/supervisor.h"
#include "host/state/state_store.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace {

using namespace bulkhead;          // NOLINT(google-build-using-namespace)
using namespace bulkhead::engine;  // NOLINT(google-build-using-namespace)

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
        BULKHEAD_CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

Supervisor::Parts parts_in(const state::StateStore& store, state::Container container,
                           OwnCgroup& cgroup) {
    auto config = std::make_unique<container::v1::Config>();
    config->set_open_stdin(true);
    config->set_image_id("sha256:none");
    config->set_stop_signal(15);
    const state::Record record = container.record();
    auto log = logs::LogWriter::open({.path = store.log_of(record)});
    BULKHEAD_CHECK(log.ok());
    ContainerEvents events(event_journal(store.paths()), record, *config);
    const std::string directory = container.directory();
    return {.store = store,
            .container = std::move(container),
            .config = std::move(config),
            .files = {},
            .places = {store.paths().root + "/images", directory, store.paths().root,
                       store.paths().root + "/checkpoints"},
            .templates = {store.paths().root + "/templates", Error("not in a fuzzer")},
            .log = *std::move(log),
            .events = std::move(events),
            .socket = store.socket_of(record),
            .cgroup = cgroup,
            .faults = FaultPoints()};
}

void run_ready(EventLoop& loop) {
    while (loop.poll() > 0) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    log::configure("fuzz", log::Level::Error);
    const TemporaryFolder folder;
    auto store = state::StateStore::open({folder.path() + "/root", folder.path() + "/state"});
    BULKHEAD_CHECK(store.ok());
    auto container = store->create({"web", "busybox", {}, false});
    BULKHEAD_CHECK(container.ok());
    container->keep();
    OwnCgroup cgroup("");
    EventLoop loop;
    auto ends = make_socketpair(SOCK_SEQPACKET);
    BULKHEAD_CHECK(ends.ok() && set_nonblocking(ends->first.get()) &&
                   set_nonblocking(ends->second.get()));
    PacketChannel client(std::move(ends->first));
    {
        Supervisor supervisor(loop, parts_in(*store, *std::move(container), cgroup));
        supervisor.add_client(std::move(ends->second));
        for (std::size_t at = 0; at + 2 <= size;) {
            const std::size_t wanted = data[at] + 256U * data[at + 1];
            at += 2;
            const std::size_t length = std::min(wanted, size - at);
            const auto packet = std::as_bytes(std::span(data + at, length));
            if (!packet.empty()) static_cast<void>(client.send(packet));
            at += length;
            run_ready(loop);
            while (const auto reply = client.receive()) {
                if (!*reply) break;
            }
        }
    }
    for (const state::Record& record : store->list())
        BULKHEAD_CHECK(state::parse_record(state::to_json(record)).ok());
    return 0;
}
