#include "host/sandbox/failure_report.h"

#include <csignal>

#include <catch2/catch.hpp>

namespace bulkhead::sandbox {

TEST_CASE("every way a machine can end has words") {
    const auto words = [](EndCause cause) { return describe_end({{cause, ""}, {}, ""}); };
    CHECK(words(EndCause::GuestReset) == "the guest reset its machine");
    CHECK(words(EndCause::GuestPanic) == "the guest's kernel panicked");
    CHECK(words(EndCause::TripleFault) == "the guest's processor shut down (triple fault)");
    CHECK(words(EndCause::Stopped) == "the virtual machine was stopped");
    CHECK(words(EndCause::Unknown) == "the monitor ended by itself with status 0");
    CHECK(describe_end({{EndCause::InternalError, "KVM_RUN: EIO"}, {}, ""}) ==
          "the monitor failed: KVM_RUN: EIO");
    CHECK(describe_end({{}, {0, 11}, "assertion"}) ==
          "the monitor was killed by signal 11 (it said: assertion)");
    CHECK(describe_end({{}, {0, SIGSYS}, ""}) ==
          "the monitor was killed by its filter: it made a system call that it never needs");
}

TEST_CASE("a failure says stage and cause, then the end of the console") {
    ConsoleTail console;
    CHECK(failure_text({"booting the guest", "why"}, console) ==
          "booting the guest: why\nThe guest wrote nothing to its console.");
    for (int i = 1; i <= 30; ++i) console.append("line " + std::to_string(i) + "\r\n");
    const std::string text = failure_text({"booting the guest", "why"}, console);
    CHECK(text.find("line 10\n") == std::string::npos);
    CHECK(text.find("\nThe guest's console, last lines:\n  line 11\n") != std::string::npos);
    CHECK(text.ends_with("\n  line 30"));
}

}  // namespace bulkhead::sandbox
