// Streams to the host over vsock. Thread: any one at a time.
#pragma once

#include "guest-agent/stdio/dialer.h"

namespace bulkhead::agent {

class VsockDialer : public StreamDialer {
  public:
    // Dials all ports at once and waits for the answers: one round trip for three streams.
    Result<std::vector<UniqueFd>> dial(std::span<const std::uint32_t> ports) override;
};

}  // namespace bulkhead::agent
