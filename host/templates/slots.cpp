#include "host/templates/slots.h"

#include <string>
#include <utility>

#include "base/text.h"

namespace bulkhead::templates {

sandbox::LaunchDisk empty_slot(std::size_t index) {
    const Slot& slot = kSlots.at(index);
    return {std::string(slot.serial), slot.read_only, {}, {}, {}};
}

Result<sandbox::Launch> template_launch(const sandbox::Launch& launch) {
    sandbox::Launch made = TRY(sandbox::copy_of(launch));
    made.disks.clear();
    for (std::size_t i = 0; i < kSlots.size(); ++i) made.disks.push_back(empty_slot(i));
    made.device_limits = {};
    made.pause_at_first_stream = true;
    return made;
}

Result<sandbox::Launch> restored_launch(const sandbox::Launch& launch, sandbox::Snapshot snapshot,
                                        std::size_t slots) {
    sandbox::Launch made = TRY(sandbox::copy_of(launch));
    made.kernel.reset();
    made.initrd.reset();
    made.restore = std::move(snapshot);
    for (std::size_t i = 0; i < made.disks.size(); ++i) {
        const sandbox::LaunchDisk& disk = made.disks[i];
        if (i >= kSlots.size() || disk.serial != kSlots.at(i).serial ||
            disk.read_only != kSlots.at(i).read_only)
            return Error(concat("no slot for the disk ", disk.serial));
    }
    for (std::size_t i = made.disks.size(); i < slots; ++i) made.disks.push_back(empty_slot(i));
    return made;
}

}  // namespace bulkhead::templates
