// What a monitor that its guest has taken over may send.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "host/sandbox/guest_text.h"
#include "host/sandbox/vmm_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead;           // NOLINT(google-build-using-namespace)
    using namespace bulkhead::sandbox;  // NOLINT(google-build-using-namespace)
    if (size > PacketChannel::kMaxBytes) return 0;
    Packet packet;
    const auto bytes = std::as_bytes(std::span(data, size));
    packet.bytes.assign(bytes.begin(), bytes.end());
    const auto message = parse_vmm_message(std::move(packet));
    if (!message) return 0;
    BULKHEAD_CHECK(!std::holds_alternative<VmStream>(*message));  // there was no descriptor
    if (const auto* ended = std::get_if<VmEnded>(&*message)) {
        BULKHEAD_CHECK(ended->detail == printable(ended->detail, ended->detail.size()));
        BULKHEAD_CHECK(ended->detail.size() <= kMaxGuestMessage + 3);
    }
    return 0;
}
