#include "guest-agent/cgroup/freezer.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace bulkhead::agent {

void Freezer::freeze(const Cgroup& cgroup, Frozen frozen) {
    if (auto written = cgroup.set_frozen(true); !written) return frozen(std::move(written));
    ++holders_;
    cgroup_ = &cgroup;
    waiters_.push_back({std::move(frozen), std::chrono::steady_clock::now() + most_});
    look();
}

// The kernel says in cgroup.events when the last process has stopped (cgroup-v2.rst,
// cgroup.freeze).
void Freezer::look() {
    const bool frozen = cgroup_->frozen();
    const auto now = std::chrono::steady_clock::now();
    std::vector<Waiter> waiting;
    for (Waiter& waiter : std::exchange(waiters_, {})) {
        if (frozen) {
            waiter.frozen({});
        } else if (now < waiter.deadline) {
            waiting.push_back(std::move(waiter));
        } else {
            thaw(*cgroup_);
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most_).count();
            waiter.frozen(Error(concat("the container's processes did not all stop within ",
                                       seconds, " s: one hangs in the kernel")));
        }
    }
    for (Waiter& waiter : waiting) waiters_.push_back(std::move(waiter));
    poll_.reset();
    if (!waiters_.empty()) poll_ = loop_.after(kPoll, [this] { look(); });
}

void Freezer::thaw(const Cgroup& cgroup) {
    if (--holders_ > 0) return;
    if (const auto written = cgroup.set_frozen(false); !written)
        log::warning(written.error().message());
}

void Freezer::give_up() {
    poll_.reset();
    for (const Waiter& waiter : std::exchange(waiters_, {})) {
        thaw(*cgroup_);
        waiter.frozen(Error("the container is ended"));
    }
}

}  // namespace bulkhead::agent
