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
    if (!open()) return false;
    charge(bytes, 1);
    return true;
}

bool Throttle::open() {
    if (!waiting_.empty()) return false;
    return limit_ == RateLimit{} || has_tokens();
}

void Throttle::charge(std::uint64_t bytes, std::uint64_t operations) {
    bytes_.take(bytes);
    operations_.take(operations);
}

void Throttle::wait(const void* owner, std::uint64_t bytes, std::function<void()> begin) {
    add({owner, bytes, 1, std::move(begin)});
}

void Throttle::wait_until_open(const void* owner, std::function<void()> begin) {
    add({owner, 0, 0, std::move(begin)});
}

void Throttle::add(Waiting waiting) {
    waiting_.push_back(std::move(waiting));
    if (waiting_.size() == 1) start_timer();
}

void Throttle::start_timer() {
    const auto time = now();
    timer_ = loop_.after(std::max(bytes_.wait(time), operations_.wait(time)), [this] { serve(); });
}

void Throttle::begin_all(const void* owner) {
    std::deque<Waiting> others;
    std::deque<Waiting> mine;
    for (Waiting& each : std::exchange(waiting_, {}))
        (each.owner == owner ? mine : others).push_back(std::move(each));
    waiting_ = std::move(others);
    for (const Waiting& each : mine) {
        charge(each.bytes, each.operations);
        each.begin();
    }
}

void Throttle::drop(const void* owner) {
    std::erase_if(waiting_, [owner](const Waiting& each) { return each.owner == owner; });
}

bool Throttle::has_tokens() {
    const auto time = now();
    return bytes_.has_tokens(time) && operations_.has_tokens(time);
}

void Throttle::serve() {
    while (!waiting_.empty()) {
        if (!has_tokens()) return start_timer();
        const Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        charge(next.bytes, next.operations);
        next.begin();
    }
}

}  // namespace bulkhead::limit
