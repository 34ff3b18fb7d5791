#include "host/templates/host.h"

#include <fcntl.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/syscalls.h"
#include "host/image/digest.h"

namespace bulkhead::templates {

namespace {

// Of x86 and of ARM, as Linux writes them.
constexpr std::array<std::string_view, 14> kLasting = {
    "vendor_id",        "cpu family",  "model",        "model name", "stepping",
    "microcode",        "flags",       "bugs",         "CPU part",   "CPU implementer",
    "CPU architecture", "CPU variant", "CPU revision", "Features"};

std::string_view name_of(std::string_view line) {
    std::string_view name = line.substr(0, line.find(':'));
    return name.substr(0, name.find_last_not_of(" \t") + 1);
}

}  // namespace

std::string processor_text(std::string_view cpuinfo) {
    std::string text;
    while (!cpuinfo.empty()) {
        const std::string_view line = cpuinfo.substr(0, cpuinfo.find('\n'));
        if (line.empty()) break;  // the next processor
        if (std::ranges::find(kLasting, name_of(line)) != kLasting.end())
            text.append(line).append("\n");
        cpuinfo.remove_prefix(std::min(line.size() + 1, cpuinfo.size()));
    }
    return text;
}

Result<Host> this_host() {
    utsname names{};
    if (::uname(&names) != 0) return errno_error("uname");
    const UniqueFd file = TRY(open_file("/proc/cpuinfo", O_RDONLY));
    std::string cpuinfo(16384, '\0');
    cpuinfo.resize(TRY(read_full(file.get(), std::as_writable_bytes(std::span(cpuinfo)))));
    const std::string text = processor_text(cpuinfo);
    if (text.empty()) return Error("/proc/cpuinfo does not describe the processor");
    const auto digest =
        image::digest_of(image::DigestAlgorithm::Sha256, std::as_bytes(std::span(text)));
    return Host{names.release, digest.hex()};
}

}  // namespace bulkhead::templates
