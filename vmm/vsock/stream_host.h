// StreamHost: who takes the host's end of a stream that the guest opens. The VMM's machine passes
// it to the host process; tests keep it. Thread: loop.
#pragma once

#include <cstdint>

#include "base/unique_fd.h"

namespace bulkhead::vsock {

class StreamHost {
  public:
    StreamHost() = default;
    StreamHost(const StreamHost&) = delete;
    StreamHost& operator=(const StreamHost&) = delete;
    virtual ~StreamHost() = default;

    // The guest opened a stream to `port`; `socket` is a connected stream socket. False refuses it,
    // and the guest's connect() fails.
    virtual bool stream_opened(std::uint32_t port, UniqueFd socket) = 0;
};

}  // namespace bulkhead::vsock
