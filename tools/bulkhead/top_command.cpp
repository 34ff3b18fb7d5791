// bulkhead top: the processes of a container.
#include <iostream>

#include "host/engine/client.h"
#include "host/engine/reach.h"
#include "proto/agent.pb.h"
#include "proto/supervisor.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/process_list.h"

namespace bulkhead::cli {

namespace {

Result<int> show_processes(const Context& context, const std::string& reference,
                           const Words& options) {
    const Words columns = TRY(process_columns(options));
    const auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(store.find(reference));
    EventLoop loop;
    UniqueFd connection = TRY(engine::connect_supervisor(store, record));
    engine::Client client(loop, std::move(connection));
    supervisor::v1::Request request;
    request.mutable_processes();
    const auto reply = TRY(client.call_and_wait(std::move(request)));
    std::cout << table(process_rows(reply.processes(), columns, std::time(nullptr)));
    if (reply.processes().cut()) std::cerr << "bulkhead: there are more processes than are shown\n";
    return kExitOk;
}

int top(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kTopCommand, words, {}, Placement::BeforeArguments);
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kTopCommand, "'bulkhead top' requires at least 1 argument");
    const auto code = show_processes(context, parsed.arguments.front(),
                                     Words(parsed.arguments.begin() + 1, parsed.arguments.end()));
    return code ? *code : fail(kExitFailure, code.error().message());
}

}  // namespace

const Command kTopCommand = {"top",
                             "top CONTAINER [PS OPTIONS]",
                             "Show the processes of a running container",
                             "bulkhead top web -o pid,rss,args",
                             kExitFailure,
                             top};

}  // namespace bulkhead::cli
