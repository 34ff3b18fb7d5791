#include "host/engine/fault_points.h"

#include <csignal>
#include <cstdlib>

#include "host/sandbox/sandbox.h"

namespace bulkhead::engine {

FaultPoints FaultPoints::from_environment() {
    const char* wanted = std::getenv("BULKHEAD_FAULT");
    return FaultPoints(wanted == nullptr ? "" : wanted);
}

void FaultPoints::reach(std::string_view point, sandbox::Sandbox* machine) const {
    reach(point, [machine] {
        if (machine != nullptr) machine->lose_monitor();
    });
}

void FaultPoints::reach(std::string_view point, const std::function<void()>& lose_monitor) const {
    const std::string_view wanted = wanted_;
    const std::size_t colon = wanted.find(':');
    if (colon == std::string_view::npos || wanted.substr(0, colon) != point) return;
    const std::string_view action = wanted.substr(colon + 1);
    if (action == "kill") ::raise(SIGKILL);
    if (action == "stop") ::raise(SIGSTOP);
    if (action == "kill-monitor") lose_monitor();
}

}  // namespace bulkhead::engine
