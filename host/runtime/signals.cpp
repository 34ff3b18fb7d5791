#include "host/runtime/signals.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <csignal>
#include <optional>
#include <string>

#include "base/text.h"

namespace bulkhead::runtime {

namespace {

// Linux's own numbers: glibc's SIGRTMIN keeps two for itself, and a container's libc may not.
constexpr int kFirstRealTime = 34;
constexpr int kLastRealTime = 64;

constexpr std::pair<std::string_view, int> kNames[] = {
    {"HUP", SIGHUP},         {"INT", SIGINT},       {"QUIT", SIGQUIT}, {"ILL", SIGILL},
    {"TRAP", SIGTRAP},       {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},
    {"KILL", SIGKILL},       {"USR1", SIGUSR1},     {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE},       {"ALRM", SIGALRM},     {"TERM", SIGTERM}, {"STKFLT", SIGSTKFLT},
    {"CHLD", SIGCHLD},       {"CONT", SIGCONT},     {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},       {"TTOU", SIGTTOU},     {"URG", SIGURG},   {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ},       {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
    {"IO", SIGIO},           {"PWR", SIGPWR},       {"SYS", SIGSYS},   {"RTMIN", kFirstRealTime},
    {"RTMAX", kLastRealTime}};

std::optional<int> number_of(std::string_view text) {
    int number = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return number;
}

std::optional<int> named(std::string_view name) {
    for (const auto& [known, number] : kNames) {
        if (known == name) return number;
    }
    return std::nullopt;
}

}  // namespace

std::string signal_name(int number) {
    for (const auto& [name, known] : kNames) {
        if (known == number) return concat("SIG", name);
    }
    return std::to_string(number);
}

Result<int> parse_signal(std::string_view text) {
    std::string name(text);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (name.starts_with("SIG")) name.erase(0, 3);
    std::optional<int> signal = number_of(text);
    if (!signal) signal = named(name);
    const auto sign = name.find_first_of("+-", 1);
    if (!signal && name.starts_with("RTM") && sign != std::string::npos) {
        const auto base = named(std::string_view(name).substr(0, sign));
        const auto offset = number_of(std::string_view(name).substr(sign + 1));
        if (base && offset && *offset <= kLastRealTime)
            signal = name[sign] == '+' ? *base + *offset : *base - *offset;
    }
    if (!signal || *signal < 1 || *signal > kLastRealTime)
        return Error(concat("invalid signal: ", text));
    return *signal;
}

}  // namespace bulkhead::runtime
