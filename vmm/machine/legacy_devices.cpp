#include "vmm/machine/legacy_devices.h"

namespace bulkhead::machine {

void LegacyDevices::print(std::byte byte) {
    panic_.put(byte);
    console_.put(byte);
}

void LegacyDevices::request_reset() {
    // The guest may ask again and again until its vCPUs have stopped.
    if (!reset_requested_.exchange(true)) on_reset_();
}

}  // namespace bulkhead::machine
