#include "vmm/limit/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace bulkhead::limit {

namespace {

constexpr double kBurstSeconds = 0.1;
constexpr double kNanoseconds = 1e9;
// A wait beyond all use must still be a number of nanoseconds.
constexpr double kLongestSeconds = 3600.0 * 24 * 365;

}  // namespace

void TokenBucket::set_rate(std::uint64_t rate, Time now) {
    const bool was_unlimited = rate_ == 0;
    fill(now);
    rate_ = rate;
    filled_ = now;
    tokens_ = was_unlimited ? capacity() : std::min(tokens_, capacity());
}

bool TokenBucket::has_tokens(Time now) {
    if (rate_ == 0) return true;
    fill(now);
    return tokens_ >= 1;
}

void TokenBucket::take(std::uint64_t tokens) {
    if (rate_ != 0) tokens_ -= static_cast<double>(tokens);
}

std::chrono::nanoseconds TokenBucket::wait(Time now) {
    if (has_tokens(now)) return std::chrono::nanoseconds(0);
    const double seconds = std::min((1 - tokens_) / static_cast<double>(rate_), kLongestSeconds);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil(seconds * kNanoseconds)));
}

void TokenBucket::fill(Time now) {
    if (rate_ == 0 || now <= filled_) return;
    const std::chrono::duration<double> passed = now - filled_;
    tokens_ = std::min(tokens_ + passed.count() * static_cast<double>(rate_), capacity());
    filled_ = now;
}

// One token at least, or nothing would ever pass.
double TokenBucket::capacity() const {
    return std::max(static_cast<double>(rate_) * kBurstSeconds, 1.0);
}

}  // namespace bulkhead::limit
