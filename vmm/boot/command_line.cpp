#include "vmm/boot/command_line.h"

#include <algorithm>

#include "base/text.h"

namespace bulkhead::boot {

Result<void> CommandLine::append(std::string_view arguments) {
    if (arguments.empty()) return {};
    const bool printable =
        std::ranges::all_of(arguments, [](char c) { return c >= ' ' && c <= '~'; });
    if (!printable) return Error("the kernel's command line may hold printable ASCII only");
    const std::size_t separator = text_.empty() ? 0 : 1;
    if (arguments.size() + separator >= kMaxBytes - text_.size()) {
        return Error(concat("the kernel's command line would exceed ", kMaxBytes - 1, " bytes"));
    }
    text_.append(separator, ' ').append(arguments);
    return {};
}

}  // namespace bulkhead::boot
