#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "proto/agent.pb.h"
#include "tools/bulkhead/changes.h"
#include "tools/bulkhead/process_list.h"
#include "tools/bulkhead/usage_table.h"

namespace bulkhead::cli {

namespace {

// The changes as they are printed, or the error.
std::string read_changes(std::string_view text) {
    const UniqueFd file(::memfd_create("changes", MFD_CLOEXEC));
    REQUIRE(write_full(file.get(), std::as_bytes(std::span(text))));
    ::lseek(file.get(), 0, SEEK_SET);
    ChangeReader changes(file.get());
    std::string lines;
    for (;;) {
        const auto change = changes.next();
        if (!change) return change.error().message();
        if (!*change) return lines;
        lines += (*change)->kind + (" " + (*change)->path) + "\n";
    }
}

}  // namespace

TEST_CASE("a list of changes is read, and nothing else") {
    CHECK(read_changes({"A/a\0C/b\n\0D/c\0", 13}) == "A /a\nC /b\n\nD /c\n");
    CHECK(read_changes("").empty());
    CHECK(read_changes("A/a") == "the list of changes was cut off");
    CHECK(read_changes({"X/a\0", 4}) == "the list of changes is malformed");
    CHECK(read_changes({"A\0", 2}) == "the list of changes is malformed");
    CHECK(read_changes({"Aa\0", 3}) == "the list of changes is malformed");
    CHECK(read_changes("A/" + std::string(100'000, 'a')) == "a changed file's path is too long");
}

TEST_CASE("ps's options choose the columns of a process list") {
    agent::v1::ProcessesReply reply;
    auto& process = *reply.add_processes();
    process.set_pid(7);
    process.set_parent(1);
    process.set_uid(1000);
    process.set_cpu_ns(3'661'000'000'000);
    process.set_started(1'000'000);
    process.set_memory_bytes(2048);
    process.set_terminal(3);
    process.set_state("R");
    process.set_name("tool");
    const std::time_t now = 1'000'000 + 7322;
    CHECK(process_rows(reply, process_columns({}).value(), now)[0] ==
          Row{"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"});
    CHECK(process_rows(
              reply, process_columns({"-o", "pid,ppid,user,c,%cpu,rss,tty,time,stat,cmd"}).value(),
              now)[1] ==
          Row{"7", "1", "1000", "50", "50.0", "2", "pts/2", "01:01:01", "R", "[tool]"});
    CHECK(process_columns({"aux"}).value().front() == "user");
    CHECK(!process_columns({"-o", "nothing"}));
    CHECK(!process_columns({"--sort=rss"}));
    CHECK(!process_columns({"-o"}));
}

TEST_CASE("shares are of the time between two samples") {
    ContainerUsage usage{"abc", "web", UsageSample{}, UsageSample{}};
    usage.before->time_ns = 1'000'000'000;
    usage.before->cpu_ns = 500'000'000;
    usage.now->time_ns = 3'000'000'000;
    usage.now->cpu_ns = 3'500'000'000;
    usage.now->memory_bytes = 512 << 10;
    usage.now->memory_limit_bytes = 1 << 20;
    usage.now->processes = 4;
    usage.now->overhead_bytes = 3 << 20;
    const Row row = usage_rows({usage})[1];
    CHECK(
        (row[2] == "150.00%" && row[3] == "512KiB / 1MiB" && row[4] == "50.00%" && row[7] == "4"));
    CHECK(row[9] == "3MiB");
    usage.before.reset();
    CHECK(usage_rows({usage})[1][2] == "--");
    usage.now.reset();
    CHECK(usage_rows({usage})[1][7] == "--");
    CHECK(usage_json(usage).find("\"Name\":\"web\"") != std::string::npos);
}

}  // namespace bulkhead::cli
