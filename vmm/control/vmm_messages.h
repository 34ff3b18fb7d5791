// What the VMM tells the host, as packets. proto/vmm.proto, VmmMessage. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/page_runs.h"
#include "vmm/machine/device_limits.h"
#include "vmm/machine/end_report.h"
#include "vmm/machine/start_steps.h"

namespace bulkhead::control {

std::vector<std::byte> encode_started(const machine::StartSteps& steps);
std::vector<std::byte> encode_stream_opened(std::uint32_t port);
std::vector<std::byte> encode_paused();
std::vector<std::byte> encode_device_limits(const machine::DeviceLimits& limits);
// `error`: empty when all went well.
std::vector<std::byte> encode_saved(const std::string& error);
std::vector<std::byte> encode_writes(std::span<const PageRun> runs);
std::vector<std::byte> encode_ended(const machine::EndReport& report);

}  // namespace bulkhead::control
