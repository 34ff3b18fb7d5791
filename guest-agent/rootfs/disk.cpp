#include "guest-agent/rootfs/disk.h"

#include <filesystem>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::agent {

Result<std::string> find_disk(const std::string& serial) {
    constexpr std::size_t kMaxSerialFile = 4096;
    std::error_code failed;
    std::filesystem::directory_iterator each("/sys/block", failed);
    const std::filesystem::directory_iterator end;
    for (; !failed && each != end; each.increment(failed)) {
        const auto found = read_file(each->path().string() + "/serial", kMaxSerialFile);
        if (found && *found == serial) return "/dev/" + each->path().filename().string();
    }
    if (failed) return Error(failed, concat("listing /sys/block: ", failed.message()));
    return Error(concat("no disk has the serial \"", serial, "\""));
}

}  // namespace bulkhead::agent
