#include "host/image/platform.h"

#include <sys/utsname.h>

#include <string_view>

namespace bulkhead::image {

namespace {

std::string go_architecture(std::string_view name) {
    if (name == "x86_64" || name == "x86-64") return "amd64";
    if (name == "aarch64") return "arm64";
    return std::string(name);
}

}  // namespace

std::string Platform::text() const {
    return os + "/" + architecture + (variant.empty() ? std::string() : "/" + variant);
}

Platform host_platform() {
    utsname names{};
    uname(&names);
    return {"linux", go_architecture(names.machine), ""};
}

bool can_run(const Platform& host, const Platform& image) {
    return (image.os.empty() || image.os == host.os) &&
           (image.architecture.empty() || go_architecture(image.architecture) == host.architecture);
}

}  // namespace bulkhead::image
