// What a supervisor gives up before a guest can say anything to it: it parses what the guest's
// agent sends, and is root. docs/jail.md, "The supervisor". Thread: loop, while it is the only one.
#pragma once

#include <string>

#include "base/result.h"
#include "host/engine/host_files.h"
#include "host/engine/launch_plan.h"
#include "host/jail/layer.h"
#include "host/state/paths.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

class OwnConfinement {
  public:
    explicit OwnConfinement(state::Paths paths) : paths_(std::move(paths)) {}

    // Before the first monitor is started, when all that needs more of the host is done: from then
    // on only Bulkhead's own files are there. Later calls do nothing.
    void before_launch(const container::v1::Config& config, const HostFiles& files);

    // When the first monitor is there: with user namespaces, few capabilities are needed for more.
    void after_launch(const jail::Report& report);

    // Why it is not confined, for the jail's report; empty: it is.
    [[nodiscard]] const std::string& missing() const { return missing_; }

  private:
    Result<void> confine(const container::v1::Config& config, const HostFiles& files) const;

    state::Paths paths_;
    bool entered_ = false;
    bool lowered_ = false;
    std::string missing_;
};

}  // namespace bulkhead::engine
