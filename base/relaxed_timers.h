// Timers that may be late, for threads that wake up often and have nothing to do then. Thread: any.
#pragma once

namespace bulkhead {

// While it lives, timeouts of the calling thread may come half a second late, and so may, for ever,
// those of threads that it makes meanwhile, and of the threads that these make. The kernel then
// lets several wake up together (PR_SET_TIMERSLACK). For libraries that look at their timers once
// a second whether they have any or not; waking up for an event takes no longer.
class RelaxedTimers {
  public:
    RelaxedTimers();
    ~RelaxedTimers();
    RelaxedTimers(const RelaxedTimers&) = delete;
    RelaxedTimers& operator=(const RelaxedTimers&) = delete;

  private:
    unsigned long before_;
};

}  // namespace bulkhead
