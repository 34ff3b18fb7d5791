// bulkhead info: this machine and what is kept on it.
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/sandbox/kvm_device.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/host_files.h"
#include "tools/bulkhead/images.h"
#include "tools/bulkhead/list_format.h"
#include "tools/bulkhead/listed_container.h"
#include "tools/bulkhead/version.h"

namespace bulkhead::cli {

namespace {

using state::Status;

std::int64_t count_of(const std::vector<ListedContainer>& containers,
                      const std::function<bool(Status)>& wanted) {
    return std::count_if(containers.begin(), containers.end(),
                         [&](const auto& each) { return wanted(each.record.status); });
}

// PRETTY_NAME of os-release.
std::string system_name() {
    constexpr std::size_t kMaxBytes = 1 << 16;
    constexpr std::string_view kKey = "PRETTY_NAME=\"";
    const auto text = read_file("/etc/os-release", kMaxBytes);
    if (!text) return "unknown";
    const std::size_t at = text->find(kKey);
    if (at == std::string::npos) return "unknown";
    const std::size_t start = at + kKey.size();
    return text->substr(start, text->find('"', start) - start);
}

std::string cgroup_version() {
    return ::access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 ? "2" : "1";
}

Json machine_json() {
    utsname names{};
    static_cast<void>(::uname(&names));

    struct sysinfo memory {};

    static_cast<void>(::sysinfo(&memory));
    const auto kvm = sandbox::open_kvm();
    return {{"Name", names.nodename},
            {"OperatingSystem", system_name()},
            {"OSType", "linux"},
            {"KernelVersion", names.release},
            {"Architecture", names.machine},
            {"NCPU", ::sysconf(_SC_NPROCESSORS_ONLN)},
            {"MemTotal", std::uint64_t{memory.totalram} * memory.mem_unit},
            {"CgroupVersion", cgroup_version()},
            {"KVM", kvm.ok()},
            {"KVMError", kvm ? "" : kvm.error().message()}};
}

Json files_json() {
    const auto files = find_host_files();
    if (!files) return {{"Monitor", ""}, {"GuestKernel", ""}, {"GuestAgent", ""}};
    return {{"Monitor", files->monitor},
            {"GuestKernel", files->kernel},
            {"GuestAgent", files->initramfs}};
}

Result<Json> info_json(const Context& context) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const auto images = TRY(open_image_store(context.paths));
    const auto containers = list_containers(store);
    const auto is_paused = [](Status status) { return state::status_name(status) == "paused"; };
    const auto paused = count_of(containers, is_paused);
    const auto running = count_of(
        containers, [&](Status status) { return state::is_live(status) && !is_paused(status); });
    const std::size_t count = TRY(images.list()).size();
    Json json = {
        {"Containers", containers.size()},
        {"ContainersRunning", running},
        {"ContainersPaused", paused},
        {"ContainersStopped", static_cast<std::int64_t>(containers.size()) - running - paused},
        {"Images", count},
        {"ServerVersion", version_text()},
        {"Driver", "erofs"},
        {"DockerRootDir", context.paths.root},
        {"StateDir", context.paths.state}};
    json.update(machine_json());
    json.update(files_json());
    return json;
}

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string info_text(const Json& info) {
    struct Line {
        const char* label;
        const char* field;
    };

    constexpr Line kLines[] = {{"Containers", "Containers"},
                               {" Running", "ContainersRunning"},
                               {" Stopped", "ContainersStopped"},
                               {"Images", "Images"},
                               {"Version", "ServerVersion"},
                               {"Storage", "Driver"},
                               {"Data directory", "DockerRootDir"},
                               {"State directory", "StateDir"},
                               {"Monitor", "Monitor"},
                               {"Guest kernel", "GuestKernel"},
                               {"Guest agent", "GuestAgent"},
                               {"Kernel", "KernelVersion"},
                               {"Operating system", "OperatingSystem"},
                               {"Architecture", "Architecture"},
                               {"CPUs", "NCPU"},
                               {"Cgroup version", "CgroupVersion"},
                               {"Name", "Name"}};
    std::string text;
    for (const Line& line : kLines)
        text += concat(line.label, ": ", text_of(info.at(line.field)), "\n");
    text += concat("Memory: ", bytes_text(info.at("MemTotal").get<std::uint64_t>()), "\n");
    const std::string reason = info.at("KVMError").get<std::string>();
    return text + "KVM: " + (reason.empty() ? "available" : "not available: " + reason) + "\n";
}

int info(const Context& context, const Words& words) {
    std::string format;
    const Parsed parsed =
        parse_command(kInfoCommand, words,
                      {{"format", 'f', "FORMAT", "'json', or a Go template", store(format)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kInfoCommand, "'bulkhead info' takes no arguments");
    const auto json = info_json(context);
    if (!json) return fail(kExitFailure, json.error().message());
    if (format.empty()) {
        std::cout << info_text(*json);
        return kExitOk;
    }
    const auto text = formatted(format, *json);
    if (!text) return fail(kExitFailure, text.error().message());
    std::cout << *text << "\n";
    return kExitOk;
}

}  // namespace

const Command kInfoCommand = {"info",
                              "info [FLAGS]",
                              "Show this machine, and how much is kept on it",
                              "bulkhead info -f '{{.ContainersRunning}}'",
                              kExitFailure,
                              info};

}  // namespace bulkhead::cli
