#include "vmm/bus/panic_watch.h"

#include <string_view>

namespace bulkhead::bus {

namespace {

constexpr std::string_view kWords = "Kernel panic - not syncing";

// From the words on, or empty: without the time stamp before them.
std::string panic_in(std::string_view line) {
    const auto at = line.find(kWords);
    return at == std::string_view::npos ? std::string() : std::string(line.substr(at));
}

}  // namespace

void PanicWatch::put(std::byte byte) {
    const std::scoped_lock lock(mutex_);
    if (!panic_.empty()) return;
    const char c = std::to_integer<char>(byte);
    if (c == '\n') {
        panic_ = panic_in(line_);
        line_.clear();
    } else if (line_.size() < kMaxLine && c >= ' ' && c <= '~') {
        line_.push_back(c);
    }
}

std::string PanicWatch::message() const {
    const std::scoped_lock lock(mutex_);
    return panic_.empty() ? panic_in(line_) : panic_;
}

}  // namespace bulkhead::bus
