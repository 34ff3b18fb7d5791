// A bundle's config.json: process, hooks.
#include <limits>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "host/runtime/bundle.h"
#include "host/runtime/capabilities.h"
#include "host/runtime/json_node.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

constexpr std::size_t kMaxArguments = 65536;
constexpr std::int64_t kMostMode = 0777;

Result<void> read_user(const JsonNode& json, oci::v1::User& user) {
    user.set_uid(TRY(json.id("uid")).value_or(0));
    user.set_gid(TRY(json.id("gid")).value_or(0));
    const auto umask = TRY(json.integer("umask", 0, kMostMode));
    if (umask) user.set_umask(static_cast<std::uint32_t>(*umask));
    return {};
}

// Numbers, in a list of their own.
Result<void> read_groups(const JsonNode& json, const nlohmann::json& value, oci::v1::User& user) {
    const auto found = value.find("additionalGids");
    if (found == value.end() || found->is_null()) return {};
    if (!found->is_array() || found->size() > JsonNode::kMostElements)
        return json.error("additionalGids", "not a list of group ids");
    for (const auto& item : *found) {
        if (!item.is_number_unsigned() ||
            item.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
            return json.error("additionalGids", "not a list of group ids");
        user.add_additional_gids(item.get<std::uint32_t>());
    }
    return {};
}

Result<void> read_capabilities(const JsonNode& json, oci::v1::Capabilities& capabilities) {
    const std::pair<const char*, google::protobuf::RepeatedPtrField<std::string>*> sets[] = {
        {"bounding", capabilities.mutable_bounding()},
        {"effective", capabilities.mutable_effective()},
        {"inheritable", capabilities.mutable_inheritable()},
        {"permitted", capabilities.mutable_permitted()},
        {"ambient", capabilities.mutable_ambient()}};
    for (const auto& [name, target] : sets) {
        for (const std::string& capability : TRY(json.texts(name))) {
            // config.md: "MUST be logged as a warning", and no reason to fail.
            if (is_capability(capability)) {
                target->Add()->assign(capability);
            } else {
                log::warning(
                    concat(json.path_of(name), ": there is no capability \"", capability, "\""));
            }
        }
    }
    return {};
}

Result<void> read_rlimits(const JsonNode& json, oci::v1::Process& process) {
    std::set<std::string> seen;
    for (const JsonNode& each : TRY(json.objects("rlimits"))) {
        auto& limit = *process.add_rlimits();
        limit.set_type(TRY(each.text("type")));
        limit.set_soft(TRY(each.size("soft")).value_or(0));
        limit.set_hard(TRY(each.size("hard")).value_or(0));
        if (!limit.type().starts_with("RLIMIT_")) return each.error("type", "not an RLIMIT_ name");
        if (!seen.insert(limit.type()).second)
            return each.error("type", concat(limit.type(), " twice"));
    }
    return {};
}

Result<void> read_scheduling(const JsonNode& json, oci::v1::Process& process) {
    constexpr std::int64_t kBound = 1000;
    if (const auto io = TRY(json.object("ioPriority")); io) {
        process.mutable_io_priority()->set_class_(TRY(io->text("class")));
        process.mutable_io_priority()->set_priority(
            static_cast<std::int32_t>(TRY(io->integer("priority", 0, kBound)).value_or(0)));
    }
    const auto wanted = TRY(json.object("scheduler"));
    if (!wanted) return {};
    auto& scheduler = *process.mutable_scheduler();
    scheduler.set_policy(TRY(wanted->text("policy")));
    if (scheduler.policy().empty()) return wanted->error("policy", "missing");
    scheduler.set_nice(
        static_cast<std::int32_t>(TRY(wanted->integer("nice", -kBound, kBound)).value_or(0)));
    scheduler.set_priority(
        static_cast<std::int32_t>(TRY(wanted->integer("priority", 0, kBound)).value_or(0)));
    for (const std::string& flag : TRY(wanted->texts("flags"))) scheduler.add_flags(flag);
    scheduler.set_runtime_ns(TRY(wanted->size("runtime")).value_or(0));
    scheduler.set_deadline_ns(TRY(wanted->size("deadline")).value_or(0));
    scheduler.set_period_ns(TRY(wanted->size("period")).value_or(0));
    return {};
}

Result<void> read_terminal(const JsonNode& json, oci::v1::Process& process) {
    constexpr std::int64_t kMost = 0xffff;  // struct winsize
    process.set_terminal(TRY(json.boolean("terminal")));
    const auto size = TRY(json.object("consoleSize"));
    if (!size || !process.terminal()) return {};
    const auto height = TRY(size->integer("height", 0, kMost)).value_or(0);
    const auto width = TRY(size->integer("width", 0, kMost)).value_or(0);
    process.mutable_console_size()->set_height(static_cast<std::uint32_t>(height));
    process.mutable_console_size()->set_width(static_cast<std::uint32_t>(width));
    return {};
}

Result<void> refuse_labels(const JsonNode& json) {
    const std::string profile = TRY(json.text("apparmorProfile"));
    if (!profile.empty() && profile != "unconfined")
        return json.error("apparmorProfile", "the guest's kernel has no AppArmor");
    if (!TRY(json.text("selinuxLabel")).empty())
        return json.error("selinuxLabel", "the guest's kernel has no SELinux");
    return {};
}

Result<void> read_list(const JsonNode& json, const char* name,
                       google::protobuf::RepeatedPtrField<oci::v1::Hook>& hooks) {
    constexpr std::int64_t kMostSeconds = 86'400;
    for (const JsonNode& each : TRY(json.objects(name))) {
        auto& hook = *hooks.Add();
        hook.set_path(TRY(each.text("path")));
        if (!hook.path().starts_with('/')) return each.error("path", "not an absolute path");
        for (const std::string& word : TRY(each.texts("args"))) hook.add_args(word);
        for (const std::string& variable : TRY(each.texts("env"))) hook.add_env(variable);
        const auto timeout = TRY(each.integer("timeout", 1, kMostSeconds));
        hook.set_timeout_seconds(static_cast<std::uint32_t>(timeout.value_or(0)));
    }
    return {};
}

}  // namespace

Result<void> read_process(const JsonNode& json, oci::v1::Process& process) {
    constexpr std::int64_t kOomBound = 1000;
    for (const std::string& word : TRY(json.texts("args", kMaxArguments))) process.add_args(word);
    if (process.args().empty() || process.args(0).empty()) return json.error("args", "missing");
    for (const std::string& variable : TRY(json.texts("env", kMaxArguments)))
        process.add_env(variable);
    process.set_cwd(TRY(json.text("cwd")));
    if (!process.cwd().starts_with('/')) return json.error("cwd", "not an absolute path");
    if (const auto user = TRY(json.object("user")); user) {
        TRY(read_user(*user, *process.mutable_user()));
        TRY(read_groups(*user, user->value(), *process.mutable_user()));
    }
    if (const auto capabilities = TRY(json.object("capabilities")); capabilities)
        TRY(read_capabilities(*capabilities, *process.mutable_capabilities()));
    TRY(read_rlimits(json, process));
    process.set_no_new_privileges(TRY(json.boolean("noNewPrivileges")));
    const auto score = TRY(json.integer("oomScoreAdj", -kOomBound, kOomBound));
    if (score) process.set_oom_score_adj(static_cast<std::int32_t>(*score));
    TRY(read_scheduling(json, process));
    TRY(read_terminal(json, process));
    return refuse_labels(json);
}

Result<void> read_hooks(const JsonNode& json, oci::v1::Hooks& hooks) {
    for (const char* name : {"prestart", "createRuntime"}) {
        if (TRY(json.objects(name)).empty()) continue;
        return json.error(name,
                          "these hooks run in the host's namespaces, which a container's machine "
                          "does not have; createContainer and startContainer run in the guest");
    }
    TRY(read_list(json, "createContainer", *hooks.mutable_create_container()));
    TRY(read_list(json, "startContainer", *hooks.mutable_start_container()));
    TRY(read_list(json, "poststart", *hooks.mutable_poststart()));
    return read_list(json, "poststop", *hooks.mutable_poststop());
}

}  // namespace bulkhead::runtime
