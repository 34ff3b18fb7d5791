#include "host/engine/reach.h"

#include "base/text.h"
#include "host/engine/control_socket.h"
#include "host/engine/spawn.h"

namespace bulkhead::engine {

Result<UniqueFd> launch_supervisor(const state::StateStore& store, const state::Record& record) {
    const state::Paths& paths = store.paths();
    return spawn_supervisor({"--root", paths.root, "--state", paths.state, "supervise", record.id},
                            store.directory_of(record) + "/supervisor.log");
}

Result<UniqueFd> connect_supervisor(const state::StateStore& store, const state::Record& record) {
    auto connection = connect_to(store.socket_of(record));
    if (connection) return connection;
    const auto& failure = connection.error();
    if (failure.is(std::errc::no_such_file_or_directory) ||
        failure.is(std::errc::connection_refused))
        return Error(concat("container ", record.name, " is not running"));
    return connection;
}

}  // namespace bulkhead::engine
