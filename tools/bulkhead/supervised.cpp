#include "tools/bulkhead/supervised.h"

#include "base/text.h"
#include "host/engine/control_socket.h"
#include "host/engine/spawn.h"

namespace bulkhead::cli {

Result<UniqueFd> launch_supervisor(const Context& context, const state::StateStore& store,
                                   const state::Record& record) {
    return engine::spawn_supervisor(
        {"--root", context.paths.root, "--state", context.paths.state, "supervise", record.id},
        store.directory_of(record) + "/supervisor.log");
}

Result<UniqueFd> connect_supervisor(const state::StateStore& store, const state::Record& record) {
    auto connection = engine::connect_to(store.socket_of(record));
    if (connection) return connection;
    const auto& failure = connection.error();
    if (failure.is(std::errc::no_such_file_or_directory) ||
        failure.is(std::errc::connection_refused))
        return Error(concat("container ", record.name, " is not running"));
    return connection;
}

}  // namespace bulkhead::cli
