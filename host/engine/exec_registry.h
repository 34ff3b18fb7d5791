// The further processes of a container that runs: how many there are, how each ended, and who wants
// to know. Thread: loop.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::engine {

class ExecRegistry {
  public:
    using Waiter = std::function<void(Result<sandbox::AgentExit>)>;
    using OnEnd = std::function<void(const std::string& process, const sandbox::AgentExit&)>;

    // The sandbox lives longer.
    ExecRegistry(sandbox::Sandbox& sandbox, OnEnd on_end)
        : sandbox_(sandbox), on_end_(std::move(on_end)) {}

    ExecRegistry(const ExecRegistry&) = delete;
    ExecRegistry& operator=(const ExecRegistry&) = delete;
    ~ExecRegistry() = default;

    // It runs. Its end is remembered for as long as `owner` may ask.
    void add(const std::string& process, std::weak_ptr<const void> owner);

    void wait(const std::string& process, Waiter waiter);

    [[nodiscard]] std::size_t live() const { return live_; }

  private:
    struct Entry {
        std::weak_ptr<const void> owner;
        std::optional<Result<sandbox::AgentExit>> end;
        std::vector<Waiter> waiters;
    };

    void on_exit(const std::string& process, Result<sandbox::AgentExit> exit);
    void forget_unowned();

    sandbox::Sandbox& sandbox_;
    OnEnd on_end_;
    std::map<std::string, Entry> entries_;
    std::size_t live_ = 0;
    // The sandbox may answer after this is gone.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace bulkhead::engine
