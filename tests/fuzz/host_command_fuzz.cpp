// Any later packet from the host: what is accepted has the descriptor that it needs, and nothing
// else takes one. The first byte says how many descriptors come with it.
#include <sys/eventfd.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "vmm/control/host_command.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead;
    if (size == 0) return 0;
    Packet packet;
    const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
    packet.bytes.assign(bytes.begin(), bytes.end());
    for (int i = 0; i < data[0] % 4; ++i)
        packet.descriptors.emplace_back(::eventfd(0, EFD_CLOEXEC));
    const auto command = control::parse_host_command(std::move(packet));
    if (!command) return 0;
    if (const auto* open = std::get_if<control::OpenStream>(&*command)) {
        BULKHEAD_CHECK(open->socket.valid());
        BULKHEAD_CHECK(data[0] % 4 == 1);
    }
    return 0;
}
