#include "host/engine/reach.h"

#include "base/text.h"
#include "host/engine/control_socket.h"
#include "host/engine/spawn.h"

namespace bulkhead::engine {

Result<UniqueFd> launch_supervisor(const state::StateStore& store, const state::Record& record,
                                   UniqueFd lock) {
    const state::Paths& paths = store.paths();
    std::vector<std::string> words = {"--root",    paths.root,  "--state",
                                      paths.state, "supervise", record.id};
    if (lock.valid()) words.emplace_back("locked");
    return spawn_supervisor(words, store.directory_of(record) + "/supervisor.log", lock);
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
