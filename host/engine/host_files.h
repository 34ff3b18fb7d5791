// The programs and files that come with us. Thread: any.
#pragma once

#include <string>

namespace bulkhead::engine {

struct HostFiles {
    std::string monitor;        // bulkhead-vmm
    std::string kernel;         // vmlinux
    std::string initramfs;      // the agent
    std::string disk_template;  // an empty writable disk
};

}  // namespace bulkhead::engine
