#include "base/log.h"

#include <unistd.h>

#include <string>

namespace bulkhead::log {

namespace {

struct Configuration {
    std::string program = "bulkhead";
    Level lowest = Level::Info;
};

// Set once at the start of main(), before other threads exist.
Configuration& configuration() {
    static Configuration instance;
    return instance;
}

const char* name_of(Level level) {
    switch (level) {
        case Level::Debug:
            return "debug";
        case Level::Info:
            return "info";
        case Level::Warning:
            return "warning";
        case Level::Error:
            return "error";
    }
    return "unknown";
}

}  // namespace

void configure(std::string_view program, Level lowest) {
    configuration() = Configuration{std::string(program), lowest};
}

void write(Level level, std::string_view message) {
    if (level < configuration().lowest) return;
    std::string line = configuration().program;
    line.append(": ").append(name_of(level)).append(": ").append(message).append("\n");
    // One write for each line, so that lines of several threads do not mix. A failure has no
    // remedy.
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

bool RateLimit::allow() {
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                         std::chrono::steady_clock::now().time_since_epoch())
                         .count();
    const std::int64_t start = period_start_.load(std::memory_order_relaxed);
    if (start == 0 || now - start > std::chrono::nanoseconds(kPeriod).count()) {
        period_start_.store(now, std::memory_order_relaxed);
        used_.store(0, std::memory_order_relaxed);
    }
    return used_.fetch_add(1, std::memory_order_relaxed) < kBurst;
}

}  // namespace bulkhead::log
