#include "host/sandbox/failure_report.h"

#include <csignal>

#include "base/text.h"

namespace bulkhead::sandbox {

namespace {

constexpr std::size_t kConsoleLines = 20;

std::string describe_cause(const VmEnd& end) {
    switch (end.said.cause) {
        case EndCause::GuestReset:
            return "the guest reset its machine";
        case EndCause::GuestPanic:
            return "the guest's kernel panicked";
        case EndCause::TripleFault:
            return "the guest's processor shut down (triple fault)";
        case EndCause::Stopped:
            return "the virtual machine was stopped";
        case EndCause::InternalError:
            return "the monitor failed";
        case EndCause::LaunchFailed:
            return "the monitor cannot launch this machine";
        case EndCause::Unknown:
            break;
    }
    if (end.process.out_of_memory)
        return "the host's kernel ended the machine, which needed more memory than its cgroup "
               "allows";
    if (end.process.signal == SIGSYS)
        return "the monitor was killed by its filter: it made a system call that it never needs";
    if (end.process.signal != 0)
        return concat("the monitor was killed by signal ", end.process.signal);
    return concat("the monitor ended by itself with status ", end.process.exit_code);
}

}  // namespace

std::string describe_end(const VmEnd& end) {
    std::string text = describe_cause(end);
    if (!end.said.detail.empty()) text += ": " + end.said.detail;
    if (!end.error_output.empty()) text += " (it said: " + end.error_output + ")";
    return text;
}

bool killed_silently(const VmEnd& end) {
    return end.process.signal == SIGKILL && end.said.cause == EndCause::Unknown;
}

std::string failure_text(const FailureReport& report, const ConsoleTail& console) {
    std::string text = concat(report.stage, ": ", report.cause);
    const auto lines = console.last_lines(kConsoleLines);
    if (lines.empty()) return text + "\nThe guest wrote nothing to its console.";
    text += "\nThe guest's console, last lines:";
    for (const std::string& line : lines) text += "\n  " + line;
    return text;
}

}  // namespace bulkhead::sandbox
