// Any later packet from the host: what is accepted has the descriptor that it needs, and nothing
// else takes one. The first byte says how many descriptors come with it.
#include "base/check.h"
#include "tests/fuzz/control_packet.h"
#include "vmm/control/host_command.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead;
    if (size == 0) return 0;
    const auto command = control::parse_host_command(test::control_packet(data, size, 4));
    if (!command) return 0;
    if (const auto* open = std::get_if<control::OpenStream>(&*command)) {
        BULKHEAD_CHECK(open->socket.valid());
        BULKHEAD_CHECK(data[0] % 4 == 1);
    }
    if (const auto* save = std::get_if<control::Save>(&*command)) {
        BULKHEAD_CHECK(save->files.state.valid() && save->files.memory.valid());
        BULKHEAD_CHECK(data[0] % 4 == 2);
    }
    return 0;
}
