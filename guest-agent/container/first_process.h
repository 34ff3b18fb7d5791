// What the Supervisor's files need to say of the container's first process. Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::agent {

inline const std::string& init_id() {
    static const std::string kId(protocol::kInitProcess);
    return kId;
}

// Input, output, error; 0: there is none.
inline std::array<std::uint32_t, 3> ports_of(const v1::StandardStreams& streams) {
    return {streams.stdin_port(), streams.stdout_port(), streams.stderr_port()};
}

}  // namespace bulkhead::agent
