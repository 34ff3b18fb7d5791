// The disks of a template's machine: two slots that are empty while it is made, and take the
// container's disks when a machine goes on from it. Thread: any.
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"
#include "host/sandbox/launch.h"
#include "proto/ports.h"

namespace bulkhead::templates {

struct Slot {
    std::string_view serial;
    bool read_only;
};

inline constexpr std::array<Slot, 2> kSlots = {
    {{protocol::kLowerSerial, true}, {protocol::kUpperSerial, false}}};

// The slot with nothing in it.
sandbox::LaunchDisk empty_slot(std::size_t index);

// What boots the template that `launch` could go on from: as it, with empty slots and no limits of
// devices. It pauses where it is to be saved.
Result<sandbox::Launch> template_launch(const sandbox::Launch& launch);

// As `launch`, from a template instead of by a boot; its machine has as many slots. An error if the
// disks do not fit them.
Result<sandbox::Launch> restored_launch(const sandbox::Launch& launch, sandbox::Snapshot snapshot,
                                        std::size_t slots = kSlots.size());

}  // namespace bulkhead::templates
