#include "host/engine/container_events.h"

#include "base/log.h"
#include "base/realtime.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

events::Journal event_journal(const state::Paths& paths) {
    return events::Journal(paths.root + "/events");
}

ContainerEvents::ContainerEvents(events::Journal journal, const state::Record& record,
                                 const container::v1::Config& config)
    : journal_(std::move(journal)), id_(record.id) {
    for (const auto& [key, value] : config.labels()) attributes_[key] = value;
    attributes_["image"] = record.image;
    attributes_["name"] = record.name;
}

void ContainerEvents::emit(std::string_view action, Extra extra) const {
    events::Event event{realtime_ns(), "container", std::string(action), id_, attributes_};
    for (const auto& [key, value] : extra) event.attributes[key] = value;
    if (const auto written = journal_.append(event); !written)
        log::warning(written.error().message());
}

}  // namespace bulkhead::engine
