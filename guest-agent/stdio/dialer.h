// Opens streams to the host. Production: vsock (vsock_dialer.h); tests: socket pairs. Thread: loop.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::agent {

class StreamDialer {
  public:
    virtual ~StreamDialer() = default;

    // One connected, non-blocking stream for each port; a port of 0 gives none (an empty UniqueFd).
    // An error if any of them cannot be opened.
    virtual Result<std::vector<UniqueFd>> dial(std::span<const std::uint32_t> ports) = 0;
};

}  // namespace bulkhead::agent
