// What an agent that was taken over may answer.
#include <cstdint>

#include "base/check.h"
#include "host/sandbox/agent_answers.h"
#include "host/sandbox/file_answers.h"
#include "host/sandbox/guest_text.h"
#include "proto/agent.pb.h"

namespace {

using namespace bulkhead;           // NOLINT(google-build-using-namespace)
using namespace bulkhead::sandbox;  // NOLINT(google-build-using-namespace)

void check_text(const std::string& text) {
    BULKHEAD_CHECK(text == printable(text, text.size()));
    BULKHEAD_CHECK(text.size() <= kMaxGuestMessage + 3);
}

void check_files(const agent::v1::FilesReply& answer) {
    BULKHEAD_CHECK(agent::v1::FilesFailure_IsValid(answer.failure()));
    check_text(answer.message());
    const std::string& target = answer.status().target();
    BULKHEAD_CHECK(target.size() <= 4096 && target.find('\0') == std::string::npos);
}

void check_processes(const agent::v1::ProcessesReply& answer) {
    BULKHEAD_CHECK(answer.ByteSizeLong() <= 96 * 1024);
    for (const auto& process : answer.processes()) {
        check_text(process.state());
        check_text(process.command());
        check_text(process.name());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    agent::v1::StartReply started;
    if (started.ParseFromArray(data, static_cast<int>(size))) {
        const AgentStarted answer = read_answer(started);
        check_text(answer.message);
        check_text(answer.agent_version);
        check_text(answer.kernel_release);
        BULKHEAD_CHECK(answer.timings.size() <= 64);
        for (const Moment& moment : answer.timings) check_text(moment.name);
    }
    agent::v1::WaitReply ended;
    if (ended.ParseFromArray(data, static_cast<int>(size)))
        BULKHEAD_CHECK(read_answer(ended).exit_code == ended.exit_code());
    agent::v1::FilesReply files;
    if (files.ParseFromArray(data, static_cast<int>(size))) check_files(read_answer(files));
    agent::v1::ProcessesReply processes;
    if (processes.ParseFromArray(data, static_cast<int>(size)))
        check_processes(read_answer(processes));
    agent::v1::StatisticsReply statistics;
    if (statistics.ParseFromArray(data, static_cast<int>(size)))
        BULKHEAD_CHECK(read_answer(statistics).ByteSizeLong() <= statistics.ByteSizeLong());
    return 0;
}
