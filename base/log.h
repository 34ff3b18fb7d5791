// One line per event on stderr: "bulkhead-vmm: warning: block: bad request id=vda". No timestamps:
// the reader of stderr adds them. Guest-triggerable lines go through a RateLimit. Thread: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace bulkhead::log {

enum class Level { Debug, Info, Warning, Error };

// Sets the program's name and the lowest level that is printed. Once, at the start of main().
void configure(std::string_view program, Level lowest);

void write(Level level, std::string_view message);

inline void debug(std::string_view message) {
    write(Level::Debug, message);
}

inline void info(std::string_view message) {
    write(Level::Info, message);
}

inline void warning(std::string_view message) {
    write(Level::Warning, message);
}

inline void error(std::string_view message) {
    write(Level::Error, message);
}

// At most kBurst lines in each period; one member for each call site that a guest can trigger.
class RateLimit {
  public:
    static constexpr std::uint32_t kBurst = 10;
    static constexpr std::chrono::seconds kPeriod{5};

    [[nodiscard]] bool allow();

  private:
    std::atomic<std::int64_t> period_start_{0};
    std::atomic<std::uint32_t> used_{0};
};

}  // namespace bulkhead::log
