#include "base/relaxed_timers.h"

#include <sys/prctl.h>

namespace bulkhead {

namespace {

constexpr unsigned long kSlackNanoseconds = 500'000'000;

// A failure leaves the timers exact.
void set_slack(unsigned long nanoseconds) {
    static_cast<void>(::prctl(PR_SET_TIMERSLACK, nanoseconds));
}

}  // namespace

RelaxedTimers::RelaxedTimers() : before_(static_cast<unsigned long>(::prctl(PR_GET_TIMERSLACK))) {
    set_slack(kSlackNanoseconds);
}

RelaxedTimers::~RelaxedTimers() {
    set_slack(before_);
}

}  // namespace bulkhead
