#include "host/sandbox/kvm_device.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::sandbox {

namespace {

// The group that may use the device, by name where it has one. Not getgrgid: a static program
// cannot load the libraries that it may need.
std::string group_of(const std::string& path) {
    constexpr std::size_t kMaxGroupFile = 1024 * 1024;

    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) return "kvm";
    const auto groups = read_file("/etc/group", kMaxGroupFile);
    std::string_view rest = groups ? std::string_view(*groups) : std::string_view();
    const std::string wanted = concat(":", status.st_gid, ":");
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        const std::size_t name_end = line.find(':');
        const std::size_t id_start = line.find(':', name_end + 1);  // after the password
        if (id_start != std::string_view::npos && line.substr(id_start).starts_with(wanted))
            return std::string(line.substr(0, name_end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return concat(status.st_gid);
}

Error explain(const Error& failure, const std::string& path) {
    std::string hint;
    if (failure.is(std::errc::no_such_file_or_directory)) {
        hint =
            "this machine offers no KVM. Turn on virtualization (VT-x or AMD-V) in the firmware, "
            "or nested virtualization if this is a virtual machine, and load the kvm_intel or "
            "kvm_amd module; `bulkhead doctor` looks closer";
    } else if (failure.is(std::errc::permission_denied)) {
        const std::string group = group_of(path);
        hint = concat("you may not use KVM. Join the group \"", group, "\" (sudo usermod -aG ",
                      group, " $USER, then log in again)");
    } else {
        hint = "the KVM module is loaded but does not work on this machine; see `dmesg | grep kvm`";
    }
    return Error(failure.code(), concat(failure.message(), ": ", hint));
}

}  // namespace

Result<UniqueFd> open_kvm(const std::string& path) {
    auto device = open_file(path, O_RDWR);
    if (!device) return explain(device.error(), path);
    const int version = ::ioctl(device->get(), KVM_GET_API_VERSION, 0);
    if (version < 0) return errno_error(path + " is not a KVM device");
    if (version != KVM_API_VERSION) {
        return Error(concat(path, ": API version ", version, ", bulkhead needs ", KVM_API_VERSION));
    }
    return device;
}

std::string virtualization_flag(std::string_view cpuinfo) {
    const std::size_t flags = cpuinfo.find("\nflags");
    if (flags == std::string_view::npos) return "";
    const std::string line =
        concat(cpuinfo.substr(flags + 1, cpuinfo.find('\n', flags + 1) - flags - 1), " ");
    for (const char* flag : {"vmx", "svm"}) {
        if (line.find(concat(" ", flag, " ")) != std::string::npos) return flag;
    }
    return "";
}

}  // namespace bulkhead::sandbox
