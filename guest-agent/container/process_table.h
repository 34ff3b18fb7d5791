// The processes that the host knows by id. Ended ones are remembered, so that a late Wait gets its
// answer; the oldest of them give way when there are many. Thread: loop.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "guest-agent/container/process.h"

namespace bulkhead::agent {

class ProcessTable {
  public:
    static constexpr std::size_t kMaxEnded = 1024;

    // The id must not be taken.
    Process& add(std::unique_ptr<Process> process);

    // Not from within a callback of that process.
    void remove(const std::string& id);

    [[nodiscard]] Process* find(const std::string& id) const;
    [[nodiscard]] Process* find(pid_t pid) const;

    void for_each(const std::function<void(Process&)>& visit) const;

    [[nodiscard]] bool any_alive() const;

  private:
    void forget_oldest();

    std::vector<std::unique_ptr<Process>> processes_;  // oldest first
};

}  // namespace bulkhead::agent
