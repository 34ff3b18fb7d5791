// Flags of run and create: the process, what it finds by name, and its files.
#include "host/runtime/mount_flag.h"
#include "tools/bulkhead/flag_values.h"
#include "tools/bulkhead/run_flag_groups.h"

namespace bulkhead::cli {

namespace {

// docker's way to say: each container has its own.
Setter only_private(std::string_view what) {
    return [what](const std::string& value) -> Result<void> {
        if (value.empty() || value == "private") return {};
        return Error(concat("a container's ", what,
                            " cannot be shared with the host or another container: each has a "
                            "machine of its own"));
    };
}

Result<void> set_ipc(const std::string& value, runtime::ContainerOptions& container) {
    if (value == "none") {
        container.no_shm = true;
        return {};
    }
    return only_private("IPC namespace")(value);
}

Result<std::optional<std::string>> some(const std::string& value) {
    return std::optional(value);
}

}  // namespace

void add_process_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& container = target.container;
    append_group(
        "The process",
        {{"env", 'e', "NAME[=VALUE]", "set a variable, or pass ours on", append(target.env_flags)},
         {"env-file", '\0', "FILE", "read variables from a file", append(target.env_files)},
         {"workdir", 'w', "DIR", "working directory", store(container.working_directory)},
         {"user", 'u', "USER[:GROUP]", "name or id, from the image's files", store(container.user)},
         {"group-add", '\0', "GROUP", "one more group", append(container.additional_groups)},
         {"entrypoint", '\0', "PROGRAM", "instead of the image's; empty: none",
          parsed_into(container.entrypoint, some)},
         {"annotation", '\0', "KEY=VALUE", "an annotation of the container's spec",
          [&container](const std::string& value) {
              return add_pair(value, "annotation", container.annotations);
          }}},
        flags);
}

void add_name_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& container = target.container;
    append_group("Names",
                 {{"hostname", 'h', "NAME", "the container's host name", store(container.hostname)},
                  {"domainname", '\0', "NAME", "its NIS domain name", store(container.domainname)},
                  {"add-host", '\0', "NAME:ADDRESS", "a line of /etc/hosts",
                   parsed_onto(container.hosts, runtime::parse_host_entry)},
                  {"dns", '\0', "ADDRESS", "a name server in /etc/resolv.conf",
                   parsed_onto(container.resolver.servers, runtime::parse_address)},
                  {"dns-search", '\0', "DOMAIN", "a search domain; \".\": none",
                   parsed_onto(container.resolver.search, runtime::parse_search_domain)},
                  {"dns-option", '\0', "OPTION", "an option, as ndots:2",
                   append(container.resolver.options)}},
                 flags);
}

void add_file_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& container = target.container;
    append_group("Files",
                 {{"read-only", '\0', "", "no writable disk: the root is the image itself",
                   store(container.read_only_root)},
                  {"tmpfs", '\0', "DIR[:OPTIONS]", "a file system in memory, as /tmp:size=64m",
                   parsed_onto(container.tmpfs, runtime::parse_tmpfs)},
                  {"mount", '\0', "type=tmpfs,...", "the same, in docker's long form",
                   parsed_onto(container.tmpfs, runtime::parse_mount)},
                  {"shm-size", '\0', "BYTES", "of /dev/shm (default 64m)",
                   [&container](const std::string& value) -> Result<void> {
                       const std::uint64_t bytes = TRY(runtime::parse_bytes(value));
                       if (bytes != 0) container.shm_bytes = bytes;
                       return {};
                   }}},
                 flags);
    // Namespaces: accepted where docker's default is what there is.
    append_group(kUnlisted,
                 {{"ipc", '\0', "MODE", "",
                   [&container](const std::string& value) { return set_ipc(value, container); }},
                  {"pid", '\0', "MODE", "", only_private("process ids")},
                  {"uts", '\0', "MODE", "", only_private("host name")},
                  {"userns", '\0', "MODE", "", only_private("user ids")},
                  {"cgroupns", '\0', "MODE", "", only_private("cgroups")}},
                 flags);
}

}  // namespace bulkhead::cli
