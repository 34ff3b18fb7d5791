#include "tools/bulkhead/host_files.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>

namespace bulkhead::cli {

Result<engine::HostFiles> find_host_files() {
    std::array<char, PATH_MAX> buffer{};
    const ssize_t length = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
    if (length <= 0) return errno_error("find out where bulkhead is (/proc/self/exe)");
    const std::filesystem::path program(
        std::string(buffer.data(), static_cast<std::size_t>(length)));
    const std::filesystem::path bin = program.parent_path();
    const std::filesystem::path share = bin.parent_path() / "share" / "bulkhead";
    // In a build all programs are in one folder; installed, users have no use for this one.
    std::filesystem::path monitor = bin / "bulkhead-vmm";
    if (::access(monitor.c_str(), X_OK) != 0)
        monitor = bin.parent_path() / "libexec" / "bulkhead" / "bulkhead-vmm";
    return engine::HostFiles{monitor, share / "vmlinux", share / "initramfs.cpio",
                             share / "upper.template"};
}

}  // namespace bulkhead::cli
