// A pseudo-terminal of the container for one of its processes. Thread: the child's only one.
#pragma once

#include "base/result.h"
#include "guest-agent/launch/status_channel.h"

namespace bulkhead::oci::v1 {
class ConsoleSize;
}

namespace bulkhead::agent {

enum class Console { None, Bind };  // whether it is to be the container's /dev/console too

// Opens one in the container's devpts, sends its controlling end to the agent, and makes the other
// end the controlling terminal and the standard streams of this process, which leads a session.
Result<void> use_terminal(const oci::v1::ConsoleSize& size, Console console, StatusChannel& status);

// TIOCSWINSZ
Result<void> resize_terminal(int terminal, const oci::v1::ConsoleSize& size);

}  // namespace bulkhead::agent
