// The JSON form of a seccomp profile. Unknown keys are ignored, as docker does; what would weaken
// the profile if ignored (a condition, an action) is an error.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/utf8.h"
#include "host/runtime/seccomp_profile.h"

namespace bulkhead::runtime {

namespace {

using Json = nlohmann::json;

Error wrong_type(std::string_view key, std::string_view wanted) {
    return Error(concat("seccomp profile: \"", key, "\" is not ", wanted));
}

Result<std::string> string_at(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::string();
    if (!found->is_string()) return wrong_type(key, "a string");
    return found->get<std::string>();
}

Result<std::vector<std::string>> strings_at(const Json& object, const char* key) {
    std::vector<std::string> result;
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return result;
    if (!found->is_array()) return wrong_type(key, "a list");
    for (const Json& item : *found) {
        if (!item.is_string()) return wrong_type(key, "a list of strings");
        result.push_back(item.get<std::string>());
    }
    return result;
}

Result<std::optional<std::uint64_t>> number_at(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::optional<std::uint64_t>();
    if (!found->is_number_unsigned()) return wrong_type(key, "a number that is not negative");
    return std::optional(found->get<std::uint64_t>());
}

Result<std::optional<std::uint32_t>> errno_at(const Json& object, const char* key) {
    constexpr std::uint64_t kMaxErrno = 4095;  // SECCOMP_RET_DATA as the kernel caps it
    const auto number = TRY(number_at(object, key));
    if (!number) return std::optional<std::uint32_t>();
    if (*number > kMaxErrno) return wrong_type(key, "an error number");
    return std::optional(static_cast<std::uint32_t>(*number));
}

Result<const Json*> list_at(const Json& object, const char* key) {
    static const Json kEmpty = Json::array();
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return &kEmpty;
    if (!found->is_array()) return wrong_type(key, "a list");
    for (const Json& item : *found) {
        if (!item.is_object()) return wrong_type(key, "a list of objects");
    }
    return &*found;
}

Result<void> read_condition(const Json& rule, const char* key, std::vector<std::string>& machines,
                            std::vector<std::string>& capabilities) {
    const auto found = rule.find(key);
    if (found == rule.end() || found->is_null()) return {};
    if (!found->is_object()) return wrong_type(key, "an object");
    machines = TRY(strings_at(*found, "arches"));
    capabilities = TRY(strings_at(*found, "caps"));
    return {};
}

Result<SeccompArgument> read_argument(const Json& json) {
    constexpr std::uint64_t kMaxIndex = 5;  // a system call has six arguments
    const auto index = TRY(number_at(json, "index")).value_or(0);
    if (index > kMaxIndex) return wrong_type("index", "0 to 5");
    SeccompArgument argument;
    argument.index = static_cast<std::uint32_t>(index);
    argument.value = TRY(number_at(json, "value")).value_or(0);
    argument.value_two = TRY(number_at(json, "valueTwo")).value_or(0);
    argument.op = TRY(string_at(json, "op"));
    if (!argument.op.starts_with("SCMP_CMP_")) return wrong_type("op", "an SCMP_CMP_ name");
    return argument;
}

// A name that no system call has is not an error: profiles are written for many kernels.
Result<std::string> read_names(const Json& json) {
    std::vector<std::string> all = TRY(strings_at(json, "names"));
    all.push_back(TRY(string_at(json, "name")));
    std::string names;
    for (const std::string& name : all) {
        if (name.find(' ') != std::string::npos)
            return Error(concat("seccomp profile: \"", name, "\" is not a system call's name"));
        if (!names.empty() && !name.empty()) names += ' ';
        names += name;
    }
    return names;
}

Result<SeccompRule> read_rule(const Json& json) {
    SeccompRule rule;
    rule.names = TRY(read_names(json));
    rule.action = TRY(string_at(json, "action"));
    if (rule.names.empty() || !rule.action.starts_with("SCMP_ACT_"))
        return Error("seccomp profile: a rule needs \"names\" and an SCMP_ACT_ \"action\"");
    rule.errno_ret = TRY(errno_at(json, "errnoRet"));
    for (const Json& argument : *TRY(list_at(json, "args")))
        rule.args.push_back(TRY(read_argument(argument)));
    // "minKernel" holds always: the guest's kernel is newer than any profile asks for.
    TRY(read_condition(json, "includes", rule.include_machines, rule.include_capabilities));
    TRY(read_condition(json, "excludes", rule.exclude_machines, rule.exclude_capabilities));
    return rule;
}

Result<SeccompProfile> read_profile(const Json& json) {
    SeccompProfile profile;
    profile.default_action = TRY(string_at(json, "defaultAction"));
    if (!profile.default_action.starts_with("SCMP_ACT_"))
        return wrong_type("defaultAction", "an SCMP_ACT_ name");
    if (!TRY(string_at(json, "listenerPath")).empty())
        return Error(
            "seccomp profile: \"listenerPath\" is not supported: no listener is in the guest");
    profile.default_errno_ret = TRY(errno_at(json, "defaultErrnoRet"));
    profile.architectures = TRY(strings_at(json, "architectures"));
    profile.flags = TRY(strings_at(json, "flags"));
    for (const Json& entry : *TRY(list_at(json, "archMap"))) {
        auto architecture = TRY(string_at(entry, "architecture"));
        auto others = TRY(strings_at(entry, "subArchitectures"));
        profile.architecture_map.push_back({std::move(architecture), std::move(others)});
    }
    if (!profile.architectures.empty() && !profile.architecture_map.empty())
        return Error("seccomp profile: use either \"architectures\" or \"archMap\"");
    for (const Json& rule : *TRY(list_at(json, "syscalls")))
        profile.rules.push_back(TRY(read_rule(rule)));
    return profile;
}

}  // namespace

Result<SeccompProfile> parse_seccomp_profile(std::string_view text) {
    // The library must not recurse without a bound, and what it gives must be fit for protobuf.
    constexpr int kMaxDepth = 16;
    if (!is_utf8(text)) return Error("seccomp profile: not UTF-8");
    bool too_deep = false;
    const auto limit_depth = [&](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
        too_deep = too_deep || depth > kMaxDepth;
        return !too_deep;
    };
    const Json json = Json::parse(text, limit_depth, /*allow_exceptions=*/false);
    if (too_deep || json.is_discarded() || !json.is_object())
        return Error("seccomp profile: not a JSON object");
    return read_profile(json);
}

}  // namespace bulkhead::runtime
