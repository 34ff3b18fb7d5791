#include "host/engine/restart_policy.h"

#include <algorithm>

#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

using container::v1::RestartPolicy;

bool may_fail_again(const RestartPolicy& policy, const RunEnd& end) {
    return end.exit_code != 0 &&
           (policy.most() == 0 || end.restarts < static_cast<int>(policy.most()));
}

}  // namespace

std::chrono::nanoseconds RestartBackoff::next(std::chrono::nanoseconds ran) {
    const bool anew = last_ == last_.zero() || ran >= kLasting;
    last_ = anew ? kFirst : std::min<std::chrono::nanoseconds>(last_ * 2, kLongest);
    return last_;
}

bool starts_again(const RestartPolicy& policy, const RunEnd& end) {
    if (end.stopped) return false;
    switch (policy.when()) {
        case RestartPolicy::WHEN_ALWAYS:
        case RestartPolicy::WHEN_UNLESS_STOPPED:
            return true;
        case RestartPolicy::WHEN_ON_FAILURE:
            return may_fail_again(policy, end);
        default:
            return false;
    }
}

bool starts_at_boot(const RestartPolicy& policy, const RunEnd& end, bool was_live) {
    switch (policy.when()) {
        case RestartPolicy::WHEN_ALWAYS:
            return true;
        case RestartPolicy::WHEN_UNLESS_STOPPED:
            return !end.stopped;
        case RestartPolicy::WHEN_ON_FAILURE:
            // To be cut off by the host's end is a failure.
            return !end.stopped && (was_live || may_fail_again(policy, end));
        default:
            return false;
    }
}

}  // namespace bulkhead::engine
