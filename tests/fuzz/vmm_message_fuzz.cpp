// What a monitor that its guest has taken over may send.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/page_runs.h"
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
    if (const auto* writes = std::get_if<VmWrites>(&*message)) {
        constexpr std::uint64_t kPages = 32768;
        if (const auto runs = runs_from_pairs(writes->pages, kPages)) {
            BULKHEAD_CHECK(pages_of(*runs) <= kMostPagesOfRuns);
            BULKHEAD_CHECK(runs->empty() || runs->back().first + runs->back().count <= kPages);
            BULKHEAD_CHECK(to_pairs(*runs) == writes->pages);
        }
    }
    return 0;
}
