// TokenBucket: how much of something may be used in a second. It fills at a rate and holds a tenth
// of a second's worth. Whoever finds tokens in it may take more than there are: the bucket is then
// in debt, and empty until that is paid. So no request is too large, and the rate holds in the long
// run. Pure: the caller says what time it is. Thread: any one at a time.
#pragma once

#include <chrono>
#include <cstdint>

namespace bulkhead::limit {

class TokenBucket {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // Tokens a second; 0: there are always enough. A debt stays.
    void set_rate(std::uint64_t rate, Time now);

    // Whether something may be taken now.
    [[nodiscard]] bool has_tokens(Time now);

    void take(std::uint64_t tokens);

    // Until has_tokens(); 0 when it is so already.
    [[nodiscard]] std::chrono::nanoseconds wait(Time now);

  private:
    void fill(Time now);
    [[nodiscard]] double capacity() const;

    std::uint64_t rate_ = 0;
    double tokens_ = 0;
    Time filled_{};
};

}  // namespace bulkhead::limit
