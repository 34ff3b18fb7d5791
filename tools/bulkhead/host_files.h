// Where the programs and files that come with `bulkhead` are: beside it, so that a build tree and
// an installation work alike. Thread: any.
#pragma once

#include <string>

#include "base/result.h"

namespace bulkhead::cli {

struct HostFiles {
    std::string monitor;        // <bin>/bulkhead-vmm
    std::string kernel;         // <bin>/../share/bulkhead/vmlinux
    std::string initramfs;      //   .../initramfs.cpio: the agent
    std::string disk_template;  //   .../upper.template
};

Result<HostFiles> find_host_files();

}  // namespace bulkhead::cli
