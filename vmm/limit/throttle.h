// Throttle: lets work through at a rate of bytes and of operations, and keeps what comes too early
// in order. One may be shared by several devices. What waits is bounded by its users.
// Thread: loop, for every method.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "base/event_loop.h"
#include "vmm/limit/token_bucket.h"

namespace bulkhead::limit {

// In a second; 0: as many as come.
struct RateLimit {
    std::uint64_t bytes = 0;
    std::uint64_t operations = 0;

    friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

class Throttle {
  public:
    // `loop` must outlive it.
    explicit Throttle(EventLoop& loop) : loop_(loop) {}

    Throttle(const Throttle&) = delete;
    Throttle& operator=(const Throttle&) = delete;
    ~Throttle() = default;

    // Holds at once, also for what waits.
    void set_limit(const RateLimit& limit);

    [[nodiscard]] const RateLimit& limit() const { return limit_; }

    // Whether one operation of this many bytes may begin now; if so, it is counted.
    [[nodiscard]] bool take(std::uint64_t bytes);

    // For those who know only afterwards how much it was: whether something may begin now, and
    // what it came to.
    [[nodiscard]] bool open();
    void charge(std::uint64_t bytes, std::uint64_t operations);

    // After take() has refused: `begin` is called when its turn has come, on the loop and not from
    // here, unless the owner drops it.
    void wait(const void* owner, std::uint64_t bytes, std::function<void()> begin);

    // After open() was false: `begin` is called when something may begin. Nothing is counted, so
    // others who wait are called with it, in their order.
    void wait_until_open(const void* owner, std::function<void()> begin);

    // Begins what waits for this owner, whatever the limit; others wait the longer for it.
    void begin_all(const void* owner);

    // Forgets what waits for this owner.
    void drop(const void* owner);

  private:
    struct Waiting {
        const void* owner = nullptr;
        std::uint64_t bytes = 0;
        std::uint64_t operations = 0;
        std::function<void()> begin;
    };

    void add(Waiting waiting);
    [[nodiscard]] bool has_tokens();
    void start_timer();
    void serve();

    EventLoop& loop_;
    RateLimit limit_;
    TokenBucket bytes_;
    TokenBucket operations_;
    std::deque<Waiting> waiting_;
    EventLoop::Handle timer_;
};

}  // namespace bulkhead::limit
