#include "host/engine/reach.h"

#include "base/text.h"
#include "host/engine/container_config.h"
#include "host/engine/control_socket.h"
#include "host/engine/machine_limits.h"
#include "host/engine/spawn.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

Result<UniqueFd> launch_supervisor(const state::StateStore& store, const state::Record& record,
                                   UniqueFd lock) {
    const state::Paths& paths = store.paths();
    std::vector<std::string> words = {"--root",    paths.root,  "--state",
                                      paths.state, "supervise", record.id};
    if (lock.valid()) words.emplace_back("locked");
    const std::string directory = store.directory_of(record);
    // What is wrong with it the supervisor finds, too, and tells.
    const auto config = load_config(directory);
    const auto place = config ? container_place(*config, record.id) : std::nullopt;
    return spawn_supervisor(words, directory + "/supervisor.log", lock, place);
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
