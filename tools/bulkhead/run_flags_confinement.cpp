// Flags of run and create: what the process may do inside its machine.
#include <algorithm>

#include "base/syscalls.h"
#include "tools/bulkhead/flag_values.h"
#include "tools/bulkhead/run_flag_groups.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kMaxSeccompFile = 4 * 1024 * 1024;

Result<void> set_seccomp(std::string_view value, runtime::ContainerOptions& container) {
    if (value == "unconfined") {
        container.seccomp_mode = runtime::SeccompMode::Unconfined;
        return {};
    }
    if (value == "builtin") {  // docker's name for its default
        container.seccomp_mode = runtime::SeccompMode::Default;
        return {};
    }
    const std::string path(value);
    const std::string json = TRY(read_file(path, kMaxSeccompFile));
    container.seccomp_profile = TRY_CONTEXT(runtime::parse_seccomp_profile(json), path);
    container.seccomp_mode = runtime::SeccompMode::Custom;
    return {};
}

Result<void> refuse_unless(std::string_view value, std::string_view accepted,
                           std::string_view what) {
    if (value == accepted) return {};
    return Error(concat("the guest's kernel has no ", what, ": only ", accepted, " is possible"));
}

Result<void> store_said(const std::string& text, std::optional<bool>& target) {
    bool value = false;
    TRY(store(value)(text));
    target = value;
    return {};
}

// "no-new-privileges", or "key=value" with ":" as docker's old form of "=".
Result<void> set_security_option(std::string_view text, RunFlags& target) {
    auto& container = target.container;
    const std::size_t separator = text.find_first_of("=:");
    const std::string_view key = text.substr(0, separator);
    const bool plain = separator == std::string_view::npos;
    const std::string_view value = plain ? "" : text.substr(separator + 1);
    if (key == "seccomp" && !value.empty()) return set_seccomp(value, container);
    if (key == "apparmor") return refuse_unless(value, "unconfined", "AppArmor");
    if (key == "label") return refuse_unless(value, "disable", "SELinux");
    if (key == "systempaths" && value == "unconfined") {
        container.uncovered_paths = true;
        return {};
    }
    if (key == "jail" && value == "required") {
        target.jail_required = true;
        return {};
    }
    const std::string truth(plain ? "true" : value);
    if (key == "writable-cgroups") return store(container.writable_cgroups)(truth);
    if (key == "no-new-privileges") return store_said(truth, container.no_new_privileges);
    if (key == "init-on-alloc") return store_said(truth, target.init_on_alloc);
    return Error(
        "unknown security option, want no-new-privileges, seccomp=unconfined, seccomp=FILE, "
        "systempaths=unconfined, writable-cgroups, init-on-alloc or jail=required");
}

Result<bool> parse_profile(const std::string& name) {
    if (name == "strict") return true;
    if (name == "default") return false;
    return Error("want default or strict");
}

// A key needs a value here, unlike a label's.
Result<void> add_sysctl(const std::string& text, runtime::ContainerOptions& container) {
    if (text.find('=') == std::string::npos)
        return Error(concat("invalid sysctl \"", text, "\", want KEY=VALUE"));
    return add_pair(text, "sysctl", container.sysctls);
}

}  // namespace

void add_confinement_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& container = target.container;
    append_group(
        "Confinement inside the machine",
        {{"cap-add", '\0', "NAME", "add a capability, or ALL", append(container.add_capabilities)},
         {"cap-drop", '\0', "NAME", "take a capability away, or ALL",
          append(container.drop_capabilities)},
         {"security", '\0', "PROFILE", "default (docker's), or strict, which allows less",
          parsed_into(container.strict, parse_profile)},
         {"security-opt", '\0', "OPTION",
          "no-new-privileges, seccomp=unconfined, seccomp=FILE, init-on-alloc, jail=required",
          [&target](const std::string& value) -> Result<void> {
              target.security_options.push_back(value);
              return set_security_option(value, target);
          }},
         {"privileged", '\0', "", "everything in its own machine; the host stays out of reach",
          store(container.privileged)},
         {"sysctl", '\0', "KEY=VALUE", "a setting of its own kernel, any that there is",
          [&container](const std::string& value) { return add_sysctl(value, container); }}},
        flags);
}

}  // namespace bulkhead::cli
