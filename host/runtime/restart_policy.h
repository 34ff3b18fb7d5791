// docker's --restart: "no", "always", "unless-stopped", "on-failure[:TIMES]". Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

struct RestartPolicy {
    enum class When : std::uint8_t { Never, OnFailure, Always, UnlessStopped };
    When when = When::Never;
    std::uint32_t most = 0;  // for OnFailure; 0: without end
};

Result<RestartPolicy> parse_restart_policy(std::string_view text);

}  // namespace bulkhead::runtime
