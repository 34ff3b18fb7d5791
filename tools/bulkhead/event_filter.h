// docker's --filter of events: values of one key are alternatives, different keys must all hold.
// Thread: any.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/events/event.h"
#include "tools/bulkhead/flags.h"

namespace bulkhead::cli {

class EventFilter {
  public:
    // "container=web", "event=start", "label=tier=front"; "event!=exec_die" for the opposite.
    static Result<EventFilter> parse(const Words& filters);

    [[nodiscard]] bool takes(const events::Event& event) const;

  private:
    std::map<std::string, Words> wanted_;
    std::map<std::string, Words> unwanted_;
};

}  // namespace bulkhead::cli
