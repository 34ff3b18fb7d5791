// The keys that leave a container without ending it, docker's "ctrl-p,ctrl-q": found in what is
// typed, and not passed on. Keys that could be their beginning wait for the next one. Thread: any
// one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tools/bulkhead/flags.h"

namespace bulkhead::cli {

class DetachKeys {
  public:
    static constexpr std::size_t kMaxKeys = 16;

    static Result<DetachKeys> parse(std::string_view text);
    static DetachKeys usual();

    // Takes the first `count` bytes of `buffer` as typed, and leaves in it what is to be passed on:
    // that many bytes, at most kMaxKeys more. After found() nothing more is passed on.
    std::size_t filter(std::span<std::byte> buffer, std::size_t count);

    [[nodiscard]] bool found() const { return matched_ == keys_.size(); }

  private:
    explicit DetachKeys(std::string keys) : keys_(std::move(keys)) {}

    std::string keys_;
    std::size_t matched_ = 0;  // of them, typed last and not passed on
};

// --detach-keys, of every command that attaches.
Flag detach_keys_flag(DetachKeys& target);

}  // namespace bulkhead::cli
