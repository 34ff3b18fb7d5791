// The parts of a container's configuration that are the host's to see to: how it ends and starts
// again, its health, its log. Thread: main.
#pragma once

#include <string_view>

#include "base/result.h"
#include "host/image/image_store.h"
#include "tools/bulkhead/run_flags.h"

namespace bulkhead::container::v1 {
class Config;
class RestartPolicy;
}  // namespace bulkhead::container::v1

namespace bulkhead::cli {

// From the flags, and from what the image says where they say nothing.
Result<void> set_policies(const RunFlags& flags, const image::ImageConfig& image,
                          container::v1::Config& config);

void set_restart(const runtime::RestartPolicy& policy, container::v1::RestartPolicy& target);

// docker's --platform: "linux", "linux/amd64", "linux/arm64/v8". Empty: any.
Result<void> check_platform(std::string_view platform, std::string_view reference,
                            const image::Image& image);

}  // namespace bulkhead::cli
