#include "host/engine/own_cgroup.h"

#include "base/log.h"
#include "host/cgroup/supervisor.h"

namespace bulkhead::engine {

void OwnCgroup::remove_after_us() {
    const std::string path = std::exchange(path_, {});
    if (path.empty()) return;
    const auto done = cgroup::remove_after_us(path).context("the container's cgroup stays");
    if (!done) log::warning(done.error().message());
}

}  // namespace bulkhead::engine
