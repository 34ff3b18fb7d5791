#include "guest-agent/container/namespaces.h"

#include <fcntl.h>

#include <utility>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::agent {

std::vector<UniqueFd> hold_namespaces(pid_t process) {
    std::vector<UniqueFd> held;
    for (const char* kind : {"mnt", "net", "ipc", "uts", "cgroup"}) {
        auto opened = open_file(concat("/proc/", process, "/ns/", kind), O_RDONLY);
        if (opened) held.push_back(*std::move(opened));
    }
    return held;
}

}  // namespace bulkhead::agent
