// Whoever takes the standard streams of a container's first process: numbers the ports that the
// guest shall dial, and takes each stream once. Thread: loop.
#pragma once

#include <cstdint>

#include "base/unique_fd.h"

namespace bulkhead::sandbox {

struct StreamPorts {
    std::uint32_t input = 0;  // 0: not there
    std::uint32_t output = 0;
    std::uint32_t error = 0;
};

class Stdio {
  public:
    Stdio() = default;
    Stdio(const Stdio&) = delete;
    Stdio& operator=(const Stdio&) = delete;
    virtual ~Stdio() = default;

    [[nodiscard]] virtual const StreamPorts& ports() const = 0;

    // A stream that the guest opened. False, and the stream is closed, when the port was not
    // announced or has been used.
    virtual bool accept(std::uint32_t port, UniqueFd stream) = 0;

    // The guest is gone: outputs that it never opened count as ended.
    virtual void no_more_streams() = 0;

    // Whether every output has ended. Sandbox::streams_drained() is to be called when it has.
    [[nodiscard]] virtual bool drained() const = 0;

    // Bytes that have passed from the guest.
    [[nodiscard]] virtual std::uint64_t output_count() const = 0;

    // Whether every output that has not ended waits for the guest, rather than for a reader.
    [[nodiscard]] virtual bool waits_for_guest() const = 0;
};

}  // namespace bulkhead::sandbox
