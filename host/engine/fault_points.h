// Places where tests let a supervisor, or its monitor, die: BULKHEAD_FAULT=POINT:ACTION. Whoever
// can set it can kill these processes anyway. docs/testing.md lists the points. Thread: any.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace bulkhead::sandbox {
class Sandbox;
}

namespace bulkhead::engine {

class FaultPoints {
  public:
    // From the environment; mostly none.
    static FaultPoints from_environment();

    explicit FaultPoints(std::string wanted = {}) : wanted_(std::move(wanted)) {}

    // Actions: "kill" and "stop" (SIGKILL and SIGSTOP) this process, "kill-monitor" the machine's.
    void reach(std::string_view point, sandbox::Sandbox* machine = nullptr) const;
    void reach(std::string_view point, const std::function<void()>& lose_monitor) const;

  private:
    std::string wanted_;
};

}  // namespace bulkhead::engine
