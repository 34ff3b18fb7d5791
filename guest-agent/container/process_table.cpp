#include "guest-agent/container/process_table.h"

#include <algorithm>

#include "base/check.h"
#include "proto/ports.h"

namespace bulkhead::agent {

Process& ProcessTable::add(std::unique_ptr<Process> process) {
    BULKHEAD_CHECK(find(process->id()) == nullptr);
    forget_oldest();
    processes_.push_back(std::move(process));
    return *processes_.back();
}

void ProcessTable::remove(const std::string& id) {
    std::erase_if(processes_, [&](const auto& each) { return each->id() == id; });
}

Process* ProcessTable::find(const std::string& id) const {
    const auto found = std::find_if(processes_.begin(), processes_.end(),
                                    [&](const auto& each) { return each->id() == id; });
    return found == processes_.end() ? nullptr : found->get();
}

Process* ProcessTable::find(pid_t pid) const {
    const auto found = std::find_if(processes_.begin(), processes_.end(), [&](const auto& each) {
        return each->alive() && each->pid() == pid;
    });
    return found == processes_.end() ? nullptr : found->get();
}

void ProcessTable::for_each(const std::function<void(Process&)>& visit) const {
    for (const auto& each : processes_) visit(*each);
}

bool ProcessTable::any_alive() const {
    return std::any_of(processes_.begin(), processes_.end(),
                       [](const auto& each) { return each->alive(); });
}

void ProcessTable::forget_oldest() {
    const auto forgettable = [](const auto& each) {
        return each->finished() && each->id() != protocol::kInitProcess;
    };
    const auto ended = std::count_if(processes_.begin(), processes_.end(), forgettable);
    if (static_cast<std::size_t>(ended) < kMaxEnded) return;
    processes_.erase(std::find_if(processes_.begin(), processes_.end(), forgettable));
}

}  // namespace bulkhead::agent
