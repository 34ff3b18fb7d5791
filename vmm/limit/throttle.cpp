#include "vmm/limit/throttle.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace bulkhead::limit {

namespace {

TokenBucket::Time now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

void Throttle::set_limit(const RateLimit& limit) {
    limit_ = limit;
    bytes_.set_rate(limit.bytes, now());
    operations_.set_rate(limit.operations, now());
    // Not from here: what begins may be the caller's.
    if (!waiting_.empty()) timer_ = loop_.after(std::chrono::nanoseconds(0), [this] { serve(); });
}

bool Throttle::take(std::uint64_t bytes) {
    if (limit_ == RateLimit{} && waiting_.empty()) return true;
    return waiting_.empty() && take_tokens(bytes);
}

void Throttle::wait(const void* owner, std::uint64_t bytes, std::function<void()> begin) {
    waiting_.push_back({owner, bytes, std::move(begin)});
    if (waiting_.size() == 1) serve();
}

void Throttle::drop(const void* owner) {
    std::erase_if(waiting_, [owner](const Waiting& each) { return each.owner == owner; });
}

bool Throttle::take_tokens(std::uint64_t bytes) {
    const auto time = now();
    if (!bytes_.has_tokens(time) || !operations_.has_tokens(time)) return false;
    bytes_.take(bytes);
    operations_.take(1);
    return true;
}

void Throttle::serve() {
    while (!waiting_.empty()) {
        if (!take_tokens(waiting_.front().bytes)) {
            const auto time = now();
            timer_ = loop_.after(std::max(bytes_.wait(time), operations_.wait(time)),
                                 [this] { serve(); });
            return;
        }
        const Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        next.begin();
    }
}

}  // namespace bulkhead::limit
