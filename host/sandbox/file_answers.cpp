#include "host/sandbox/file_answers.h"

#include <algorithm>

#include "host/sandbox/guest_text.h"
#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

namespace {

namespace wire = agent::v1;

constexpr std::size_t kMaxTarget = 4096;  // of a symbolic link, on Linux
constexpr std::size_t kMaxCommand = 512;
constexpr std::size_t kMaxName = 64;
// A list travels to the client in one packet.
constexpr std::size_t kMaxListBytes = 96 * 1024;

}  // namespace

wire::FilesReply read_answer(const wire::FilesReply& reply) {
    wire::FilesReply answer;
    answer.set_failure(wire::FilesFailure_IsValid(reply.failure()) ? reply.failure()
                                                                   : wire::FILES_FAILURE_OTHER);
    answer.set_message(printable(reply.message()));
    answer.set_bytes(reply.bytes());
    if (!reply.has_status()) return answer;
    wire::FileStatus& status = *answer.mutable_status();
    status.set_mode(reply.status().mode());
    status.set_size(reply.status().size());
    // Bytes of a path, for the guest again: only the length matters.
    const std::string& target = reply.status().target();
    if (target.size() <= kMaxTarget && target.find('\0') == std::string::npos)
        status.set_target(target);
    return answer;
}

wire::ProcessesReply read_answer(const wire::ProcessesReply& reply) {
    wire::ProcessesReply answer;
    answer.set_cut(reply.cut());
    std::size_t bytes = 0;
    for (const wire::ProcessStatus& each : reply.processes()) {
        wire::ProcessStatus process;
        process.set_pid(each.pid());
        process.set_parent(each.parent());
        process.set_uid(each.uid());
        process.set_cpu_ns(each.cpu_ns());
        process.set_started(each.started());
        process.set_memory_bytes(each.memory_bytes());
        process.set_virtual_bytes(each.virtual_bytes());
        process.set_terminal(each.terminal());
        process.set_state(printable(each.state(), kMaxName));
        process.set_command(printable(each.command(), kMaxCommand));
        process.set_name(printable(each.name(), kMaxName));
        bytes += process.ByteSizeLong() + 8;
        if (bytes > kMaxListBytes) {
            answer.set_cut(true);
            break;
        }
        *answer.add_processes() = std::move(process);
    }
    return answer;
}

wire::StatisticsReply read_answer(const wire::StatisticsReply& reply) {
    wire::StatisticsReply answer;
    answer.set_memory_bytes(reply.memory_bytes());
    answer.set_memory_limit_bytes(reply.memory_limit_bytes());
    answer.set_cpu_ns(reply.cpu_ns());
    answer.set_cpus(reply.cpus());
    answer.set_processes(reply.processes());
    answer.set_processes_limit(reply.processes_limit());
    answer.set_block_read_bytes(reply.block_read_bytes());
    answer.set_block_write_bytes(reply.block_write_bytes());
    answer.set_network_receive_bytes(reply.network_receive_bytes());
    answer.set_network_send_bytes(reply.network_send_bytes());
    return answer;
}

}  // namespace bulkhead::sandbox
