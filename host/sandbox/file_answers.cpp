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
        wire::ProcessStatus process = each;
        process.DiscardUnknownFields();
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
    wire::StatisticsReply answer = reply;
    answer.DiscardUnknownFields();
    return answer;
}

}  // namespace bulkhead::sandbox
