#include "host/engine/process_use.h"

#include <unistd.h>

#include <charconv>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::engine {

namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::size_t kMaxSmaps = 4 * 1024 * 1024;
constexpr std::size_t kMaxStat = 4096;

std::uint64_t number_at(std::string_view text) {
    const auto start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return 0;
    text.remove_prefix(start);
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() ? value : 0;
}

// Of "rd wr mr mw": two letters each.
bool has_flag(std::string_view flags, std::string_view wanted) {
    for (std::size_t at = flags.find(wanted); at != std::string_view::npos;
         at = flags.find(wanted, at + 1)) {
        if (at == 0 || flags[at - 1] == ' ') return true;
    }
    return false;
}

// utime and stime, the 14th and 15th field; the second, in parentheses, may hold anything.
std::uint64_t parse_cpu_ns(std::string_view stat) {
    const auto close = stat.rfind(')');
    if (close == std::string_view::npos) return 0;
    std::string_view rest = stat.substr(close + 1);
    constexpr int kBefore = 11;  // fields between the name and utime
    for (int i = 0; i <= kBefore; ++i) {
        const auto space = rest.find(' ');
        if (space == std::string_view::npos) return 0;
        rest.remove_prefix(space + 1);
    }
    const std::uint64_t user = number_at(rest);
    const auto space = rest.find(' ');
    const std::uint64_t system =
        space == std::string_view::npos ? 0 : number_at(rest.substr(space + 1));
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    return (user + system) * (kNanosecondsPerSecond / ticks);
}

}  // namespace

MemoryUse parse_memory_use(std::string_view smaps) {
    MemoryUse use;
    std::uint64_t resident = 0;
    std::uint64_t unshared = 0;
    while (!smaps.empty()) {
        const auto end = smaps.find('\n');
        const std::string_view line = smaps.substr(0, end);
        smaps = end == std::string_view::npos ? "" : smaps.substr(end + 1);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view key = line.substr(0, colon);
        const std::string_view value = line.substr(colon + 1);
        if (key == "Rss") resident = number_at(value) * kKiB;
        if (key == "Private_Clean" || key == "Private_Dirty") unshared += number_at(value) * kKiB;
        if (key != "VmFlags") continue;
        // The last line of a mapping.
        const bool guest = has_flag(value, "wr") && has_flag(value, "dc");
        (guest ? use.guest_bytes : use.private_bytes) += guest ? resident : unshared;
        resident = 0;
        unshared = 0;
    }
    return use;
}

Result<ProcessUse> process_use(pid_t pid) {
    const std::string folder = concat("/proc/", pid);
    ProcessUse use;
    use.memory = parse_memory_use(TRY(read_file(folder + "/smaps", kMaxSmaps)));
    use.cpu_ns = parse_cpu_ns(TRY(read_file(folder + "/stat", kMaxStat)));
    return use;
}

}  // namespace bulkhead::engine
