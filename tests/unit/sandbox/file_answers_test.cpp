#include "host/sandbox/file_answers.h"

#include <catch2/catch.hpp>

#include "proto/agent.pb.h"

namespace bulkhead::sandbox {
namespace {

namespace wire = agent::v1;

TEST_CASE("an answer about a file keeps what it says, fit for a terminal") {
    wire::FilesReply reply;
    reply.set_failure(wire::FILES_FAILURE_NOT_FOUND);
    reply.set_message("no such file: \x1b[2J");
    reply.set_bytes(17);
    reply.mutable_status()->set_mode(0120777);
    reply.mutable_status()->set_size(5);
    reply.mutable_status()->set_target("/a\x1b");
    const wire::FilesReply answer = read_answer(reply);
    CHECK(answer.failure() == wire::FILES_FAILURE_NOT_FOUND);
    CHECK(answer.message() == "no such file: ?[2J");
    CHECK(answer.bytes() == 17);
    CHECK(answer.status().mode() == 0120777);
    CHECK(answer.status().size() == 5);
    CHECK(answer.status().target() == "/a\x1b");  // bytes of a path, not for a terminal
}

TEST_CASE("an answer about no file has no status") {
    CHECK_FALSE(read_answer(wire::FilesReply()).has_status());
}

TEST_CASE("a failure that does not exist is another one") {
    wire::FilesReply reply;
    reply.set_failure(static_cast<wire::FilesFailure>(12345));
    CHECK(read_answer(reply).failure() == wire::FILES_FAILURE_OTHER);
}

TEST_CASE("a link's target that is no path is left out") {
    wire::FilesReply reply;
    reply.mutable_status()->set_target(std::string(4096, 'a'));
    CHECK(read_answer(reply).status().target().size() == 4096);
    reply.mutable_status()->set_target(std::string(4097, 'a'));
    CHECK(read_answer(reply).status().target().empty());
    reply.mutable_status()->set_target(std::string("a\0b", 3));
    CHECK(read_answer(reply).status().target().empty());
}

TEST_CASE("processes keep their numbers, and their texts are bounded and fit for a terminal") {
    wire::ProcessesReply reply;
    wire::ProcessStatus& process = *reply.add_processes();
    process.set_pid(7);
    process.set_memory_bytes(4096);
    process.set_state("S\x07");
    process.set_command(std::string(10'000, '\x1b'));
    process.set_name(std::string(10'000, 'n'));
    const wire::ProcessesReply answer = read_answer(reply);
    REQUIRE(answer.processes_size() == 1);
    CHECK(answer.processes(0).pid() == 7);
    CHECK(answer.processes(0).memory_bytes() == 4096);
    CHECK(answer.processes(0).state() == "S?");
    CHECK(answer.processes(0).command().size() <= 515);
    CHECK(answer.processes(0).command().find('\x1b') == std::string::npos);
    CHECK(answer.processes(0).name().size() <= 67);
    CHECK_FALSE(answer.cut());
}

TEST_CASE("a list of processes that is too long for a client is cut, and says so") {
    wire::ProcessesReply reply;
    for (int i = 0; i < 5000; ++i) reply.add_processes()->set_command(std::string(512, 'x'));
    const wire::ProcessesReply answer = read_answer(reply);
    CHECK(answer.cut());
    CHECK(answer.processes_size() > 100);
    CHECK(answer.ByteSizeLong() <= 96 * 1024);
}

// A field that this host does not know could be as long as a message, and would go on to the
// client.
TEST_CASE("fields that nobody knows go no further") {
    const std::string unknown = "\xfa\x3f\x02hi";  // field 1023, two bytes
    wire::ProcessStatus process;
    REQUIRE(process.ParseFromString(unknown));
    wire::ProcessesReply processes;
    *processes.add_processes() = process;
    CHECK(read_answer(processes).processes(0).ByteSizeLong() == 0);
    wire::StatisticsReply statistics;
    REQUIRE(statistics.ParseFromString(unknown));
    statistics.set_cpus(2);
    const wire::StatisticsReply answer = read_answer(statistics);
    CHECK(answer.cpus() == 2);
    CHECK(answer.ByteSizeLong() == 2);
}

}  // namespace
}  // namespace bulkhead::sandbox
