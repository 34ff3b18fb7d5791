// What a saved VM takes for granted of its host: the kernel, and the processor that the guest saw.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::templates {

struct Host {
    std::string kernel;     // "6.1.0-30-amd64"
    std::string processor;  // the digest of what processor_text() gives

    friend bool operator==(const Host&, const Host&) = default;
};

// Reads /proc/cpuinfo, and no more of it than the first processor.
Result<Host> this_host();

// The lines of the first processor that name its model, its microcode and what it can do; without
// those that change while it runs.
std::string processor_text(std::string_view cpuinfo);

}  // namespace bulkhead::templates
