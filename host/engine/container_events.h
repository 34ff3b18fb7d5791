// Writes what happens to one container to the journal of events. A journal that cannot be written
// to is a warning, never a failure. Thread: any one at a time.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "host/events/journal.h"
#include "host/state/paths.h"
#include "host/state/record.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

// The journal of everything below these paths.
events::Journal event_journal(const state::Paths& paths);

class ContainerEvents {
  public:
    using Extra = std::initializer_list<std::pair<std::string, std::string>>;

    ContainerEvents(events::Journal journal, const state::Record& record,
                    const container::v1::Config& config);

    // `action` in docker's words: "start", "die", ...
    void emit(std::string_view action, Extra extra = {}) const;

    void set_name(const std::string& name) { attributes_["name"] = name; }

  private:
    events::Journal journal_;
    std::string id_;
    std::map<std::string, std::string> attributes_;
};

}  // namespace bulkhead::engine
