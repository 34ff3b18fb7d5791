// The loopback interface of the calling thread's network namespace. Thread: any.
#pragma once

#include "base/result.h"

namespace bulkhead::agent {

// Sets it up; the kernel gives it 127.0.0.1 and ::1.
Result<void> loopback_up();

}  // namespace bulkhead::agent
