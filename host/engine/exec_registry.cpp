#include "host/engine/exec_registry.h"

#include <utility>

#include "base/text.h"

namespace bulkhead::engine {

void ExecRegistry::add(const std::string& process, std::weak_ptr<const void> owner) {
    forget_unowned();
    entries_[process].owner = std::move(owner);
    ++live_;
    sandbox_.wait_exec(process, [this, process, alive = std::weak_ptr<bool>(alive_)](auto exit) {
        if (!alive.expired()) on_exit(process, std::move(exit));
    });
}

void ExecRegistry::on_exit(const std::string& process, Result<sandbox::AgentExit> exit) {
    const auto entry = entries_.find(process);
    if (entry == entries_.end()) return;
    --live_;
    if (exit) on_end_(process, *exit);
    const auto waiters = std::exchange(entry->second.waiters, {});
    entry->second.end = exit;
    for (const Waiter& waiter : waiters) waiter(exit);
}

void ExecRegistry::wait(const std::string& process, Waiter waiter) {
    const auto entry = entries_.find(process);
    if (entry == entries_.end())
        return waiter(Error(concat("there is no process \"", process, "\" in the container")));
    if (entry->second.end) return waiter(*entry->second.end);
    entry->second.waiters.push_back(std::move(waiter));
}

void ExecRegistry::forget_unowned() {
    std::erase_if(entries_, [](const auto& item) {
        return item.second.end.has_value() && item.second.owner.expired();
    });
}

}  // namespace bulkhead::engine
