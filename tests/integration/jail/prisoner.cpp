// A VMM that has been taken over: locked down by the VMM's own code, it makes one act and tells how
// it went, if it can.
#include "tests/integration/jail/prisoner.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include "base/check.h"
#include "proto/ports.h"
#include "tests/integration/jail/act.h"
#include "vmm/lockdown/landlock.h"
#include "vmm/lockdown/limits.h"
#include "vmm/lockdown/lockdown.h"
#include "vmm/lockdown/privileges.h"

namespace bulkhead::test {

namespace {

constexpr int kNoOrder = 2;
constexpr int kNotLockedDown = 3;

// As lock_down(), but for its last step.
Result<void> lock_down_without_filter() {
    if (::close_range(protocol::kVmmControlDescriptor + 1, UINT_MAX, 0) != 0)
        return errno_error("close_range");
    TRY(lockdown::drop_privileges());
    TRY(lockdown::set_limits());
    return lockdown::deny_all_access();
}

Result<void> lock_down(const Order& order) {
    if (order.without_filter) return lock_down_without_filter();
    TRY(lockdown::lock_down());
    const auto role = static_cast<lockdown::Role>(order.role);
    if (role == lockdown::Role::Start) return {};
    return lockdown::enter(role);
}

int run() {
    Order order;
    const auto acts = all_acts();
    if (::read(protocol::kVmmControlDescriptor, &order, sizeof(order)) != sizeof(order) ||
        order.act >= acts.size())
        return kNoOrder;
    if (!lock_down(order)) return kNotLockedDown;
    if (order.errand == Errand::FailedCheck) BULKHEAD_CHECK(order.role == ~0U);
    if (order.errand == Errand::Fault) __builtin_trap();
    const Answer answer{acts[order.act].attempt()};
    const ssize_t written = ::write(protocol::kVmmControlDescriptor, &answer, sizeof(answer));
    return written == sizeof(answer) ? 0 : kNoOrder;
}

}  // namespace

}  // namespace bulkhead::test

int main() {
    return bulkhead::test::run();
}
