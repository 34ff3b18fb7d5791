#include "host/runtime/container_spec.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "host/runtime/linux_defaults.h"
#include "host/runtime/privileged.h"
#include "host/runtime/strict.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

constexpr std::string_view kDefaultPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t kShortIdLength = 12;
constexpr std::size_t kMaxHostname = 63;  // Linux's limit is 64; a DNS label's is 63

// What execve and protobuf strings can carry.
Result<void> check_text(std::string_view what, std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
        return Error(concat(what, " contains a zero byte"));
    if (!is_utf8(text)) return Error(concat(what, " is not valid UTF-8"));
    return {};
}

Result<void> check_hostname(std::string_view name) {
    const bool characters = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
    if (characters && !name.starts_with('-') && name.size() <= kMaxHostname) return {};
    return Error(concat("invalid hostname: \"", name, "\""));
}

Environment container_environment(const ImageConfig& image, const ContainerOptions& options) {
    Environment base{std::string(kDefaultPath), "HOSTNAME=" + container_hostname(options)};
    if (options.terminal) base.emplace_back("TERM=xterm");
    return merge_environment(merge_environment(std::move(base), image.environment),
                             options.environment);
}

Result<std::string> working_directory(const ImageConfig& image, const ContainerOptions& options) {
    const std::string& wanted =
        options.working_directory.empty() ? image.working_directory : options.working_directory;
    if (wanted.empty()) return std::string("/");
    auto clean = clean_absolute_path(wanted);
    if (!clean) {
        return Error(concat("the working directory '", wanted,
                            "' is invalid, it needs to be an absolute path"));
    }
    return clean;
}

void set_capabilities(const CapabilityNames& names, oci::v1::Process& process) {
    auto& capabilities = *process.mutable_capabilities();
    for (const std::string& name : names) {
        capabilities.add_bounding(name);
        capabilities.add_effective(name);
        capabilities.add_permitted(name);
    }
}

// Later limits replace earlier ones and the defaults of the same type.
void set_rlimits(const ContainerOptions& options, oci::v1::Process& process) {
    for (const Ulimit& limit : options.ulimits) {
        auto& all = *process.mutable_rlimits();
        auto found = std::find_if(all.begin(), all.end(), [&](const oci::v1::Rlimit& other) {
            return other.type() == limit.type;
        });
        auto& target = found != all.end() ? *found : *all.Add();
        target.set_type(limit.type);
        target.set_soft(limit.soft);
        target.set_hard(limit.hard);
    }
}

void set_user(const ImageConfig& image, const ContainerOptions& options, oci::v1::User& user) {
    const std::string& wanted = options.user.empty() ? image.user : options.user;
    // Root by number: its supplementary groups still come from the image, if it has any.
    user.set_username(wanted.empty() ? "0" : wanted);
    for (const std::string& group : options.additional_groups) user.add_additional_groups(group);
}

Result<void> set_process(const ImageConfig& image, const ContainerOptions& options,
                         oci::v1::Process& process) {
    for (const std::string& argument : TRY(command_line(image, options))) {
        TRY(check_text("an argument", argument));
        process.add_args(argument);
    }
    for (const std::string& variable : container_environment(image, options)) {
        TRY(check_text("the environment", variable));
        process.add_env(variable);
    }
    process.set_cwd(TRY(working_directory(image, options)));
    TRY(check_text("the working directory", process.cwd()));
    set_user(image, options, *process.mutable_user());
    TRY(check_text("the user", process.user().username()));
    for (const std::string& group : options.additional_groups) TRY(check_text("a group", group));
    process.set_no_new_privileges(options.no_new_privileges.value_or(options.strict));
    if (options.oom_score_adj) process.set_oom_score_adj(*options.oom_score_adj);
    set_rlimits(options, process);
    if (options.terminal) {
        process.set_terminal(true);
        process.mutable_console_size()->set_height(options.terminal->rows);
        process.mutable_console_size()->set_width(options.terminal->columns);
    }
    return {};
}

void set_shared_memory(const ContainerOptions& options, oci::v1::Spec& spec) {
    auto& mounts = *spec.mutable_mounts();
    const auto shm = std::find_if(mounts.begin(), mounts.end(), [](const oci::v1::Mount& mount) {
        return mount.destination() == "/dev/shm";
    });
    if (shm == mounts.end()) return;
    if (options.no_shm) {
        mounts.erase(shm);
        return;
    }
    for (std::string& option : *shm->mutable_options()) {
        if (option.starts_with("size=")) option = concat("size=", options.shm_bytes);
    }
}

Result<void> set_words(const ContainerOptions& options, oci::v1::Spec& spec) {
    spec.set_hostname(container_hostname(options));
    TRY(check_hostname(spec.hostname()));
    if (!options.domainname.empty()) TRY(check_hostname(options.domainname));
    spec.set_domainname(options.domainname);
    for (const auto& [key, value] : options.annotations) {
        TRY(check_text("an annotation", key));
        TRY(check_text("an annotation", value));
        (*spec.mutable_annotations())[key] = value;
    }
    for (const auto& [key, value] : options.sysctls) {
        TRY(check_text("a sysctl", key));
        TRY(check_text("a sysctl", value));
        (*spec.mutable_linux()->mutable_sysctl())[key] = value;
    }
    return {};
}

void loosen(const ContainerOptions& options, oci::v1::Spec& spec) {
    if (options.privileged) give_whole_guest(spec);
    if (options.uncovered_paths) uncover_paths(spec);
    if (options.writable_cgroups) make_cgroups_writable(spec);
}

Result<CapabilityNames> capabilities_of(const ContainerOptions& options) {
    if (options.privileged) return container_capabilities({"ALL"}, options.drop_capabilities);
    return container_capabilities(
        options.add_capabilities, options.drop_capabilities,
        options.strict ? CapabilityBase::Strict : CapabilityBase::Default);
}

// A --tmpfs replaces a default mount at the same place and comes after all the others.
Result<void> add_tmpfs(const ContainerOptions& options, oci::v1::Spec& spec) {
    for (const Tmpfs& tmpfs : options.tmpfs) {
        TRY(check_text("a tmpfs path", tmpfs.destination));
        auto& mounts = *spec.mutable_mounts();
        const auto same = std::find_if(mounts.begin(), mounts.end(), [&](const auto& mount) {
            return mount.destination() == tmpfs.destination;
        });
        if (same != mounts.end()) mounts.erase(same);
        auto& added = *mounts.Add();
        added.set_destination(tmpfs.destination);
        added.set_type("tmpfs");
        added.set_source("tmpfs");
        for (const std::string& option : tmpfs.options) added.add_options(option);
    }
    return {};
}

SeccompProfile seccomp_profile(const ContainerOptions& options) {
    if (options.seccomp_mode == SeccompMode::Custom) return options.seccomp_profile;
    return options.strict ? strict_seccomp_profile() : default_seccomp_profile();
}

void set_seccomp(const ContainerOptions& options, const CapabilityNames& capabilities,
                 std::string_view machine, oci::v1::Linux& linux_part) {
    if (options.seccomp_mode == SeccompMode::Unconfined) return;
    if (options.privileged && options.seccomp_mode == SeccompMode::Default) return;
    *linux_part.mutable_seccomp() =
        resolve_seccomp(seccomp_profile(options), capabilities, machine);
}

}  // namespace

Result<std::vector<std::string>> command_line(const ImageConfig& image,
                                              const ContainerOptions& options) {
    std::vector<std::string> line;
    if (!options.entrypoint) {
        line = image.entrypoint;
    } else if (!options.entrypoint->empty()) {
        line.push_back(*options.entrypoint);
    }
    // An entrypoint of the user's does not go with the image's default arguments.
    const bool use_image_command = options.arguments.empty() && !options.entrypoint;
    const auto& arguments = use_image_command ? image.command : options.arguments;
    line.insert(line.end(), arguments.begin(), arguments.end());
    if (line.empty() || line.front().empty())
        return Error("no command specified, and the image has none");
    return line;
}

std::string container_hostname(const ContainerOptions& options) {
    return options.hostname.empty() ? options.id.substr(0, kShortIdLength) : options.hostname;
}

Result<oci::v1::Spec> build_spec(const ImageConfig& image, const ContainerOptions& options,
                                 std::string_view machine) {
    TRY(check_strict(options));
    oci::v1::Spec spec;
    TRY(set_words(options, spec));
    spec.set_root_readonly(options.read_only_root);
    add_default_rlimits(spec);
    TRY(set_process(image, options, *spec.mutable_process()));
    const CapabilityNames capabilities = TRY(capabilities_of(options));
    set_capabilities(capabilities, *spec.mutable_process());
    add_default_mounts(spec);
    set_shared_memory(options, spec);
    TRY(add_tmpfs(options, spec));
    add_default_devices(spec);
    add_default_namespaces(spec);
    add_protected_paths(spec);
    loosen(options, spec);
    if (options.strict) add_strict_sysctls(*spec.mutable_linux());
    set_resources(options.resources, *spec.mutable_linux()->mutable_resources());
    set_seccomp(options, capabilities, machine, *spec.mutable_linux());
    return spec;
}

}  // namespace bulkhead::runtime
