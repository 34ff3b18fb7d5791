#include <set>
#include <string_view>

#include "guest-agent/spec/capability.h"
#include "guest-agent/spec/check.h"
#include "guest-agent/spec/resource_limit.h"
#include "guest-agent/spec/scheduling.h"
#include "guest-agent/spec/validate.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

// The kernel's own bound on one argument or environment entry: MAX_ARG_STRLEN.
constexpr std::size_t kMaxArgument = std::size_t{128} * 1024;

Result<void> validate_arguments(const oci::v1::Process& process) {
    if (process.args().empty() || process.args(0).empty())
        return Error("process: no program to start");
    TRY(check_count(process.args(), kMaxArguments, "process: args"));
    for (const auto& each : process.args())
        TRY(check_text(each, kMaxArgument, "process: argument"));
    TRY(check_count(process.env(), kMaxArguments, "process: env"));
    for (const auto& each : process.env())
        TRY(check_text(each, kMaxArgument, "process: environment"));
    return {};
}

Result<void> validate_cwd(const std::string& cwd) {
    TRY(check_text(cwd, kMaxPath - 1, "process: cwd"));
    if (!cwd.empty() && cwd[0] != '/')
        return Error(concat("process: cwd \"", cwd, "\" is not absolute"));
    return {};
}

Result<void> validate_user(const oci::v1::User& user) {
    TRY(check_text(user.username(), kMaxText, "process: user"));
    TRY(check_count(user.additional_gids(), kMaxEntries, "process: additional gids"));
    TRY(check_count(user.additional_groups(), kMaxEntries, "process: additional groups"));
    for (const auto& each : user.additional_groups())
        TRY(check_text(each, kMaxText, "process: group"));
    if (user.has_umask() && user.umask() > 0777) return Error("process: umask above 0777");
    return {};
}

Result<void> validate_capabilities(const oci::v1::Capabilities& capabilities) {
    for (const auto* set :
         {&capabilities.bounding(), &capabilities.effective(), &capabilities.inheritable(),
          &capabilities.permitted(), &capabilities.ambient()}) {
        TRY(check_count(*set, kMaxEntries, "process: capabilities"));
        for (const auto& name : *set) {
            if (!capability_number(name))
                return Error(concat("process: unknown capability \"", name, "\""));
        }
    }
    return {};
}

Result<void> validate_rlimits(const oci::v1::Process& process) {
    TRY(check_count(process.rlimits(), kMaxEntries, "process: rlimits"));
    std::set<std::string_view> seen;
    for (const auto& limit : process.rlimits()) {
        if (!seen.insert(limit.type()).second)
            return Error(concat("process: ", limit.type(), " twice"));
        if (!resource_limit_number(limit.type())) {
            return Error(concat("process: unknown resource limit \"", limit.type(), "\""));
        }
        if (limit.soft() > limit.hard()) {
            return Error(concat("process: ", limit.type(), ": soft limit above the hard limit"));
        }
    }
    return {};
}

}  // namespace

Result<void> validate_process(const oci::v1::Process& process) {
    constexpr std::uint32_t kMaxConsole = 0xffff;  // struct winsize holds 16 bits
    TRY(validate_arguments(process));
    TRY(validate_cwd(process.cwd()));
    TRY(validate_user(process.user()));
    TRY(validate_capabilities(process.capabilities()));
    TRY(validate_rlimits(process));
    TRY(check_text(process.program(), kMaxPath - 1, "process: program"));
    TRY(io_priority(process.io_priority()));
    TRY(scheduler(process.scheduler()));
    if (process.console_size().height() > kMaxConsole ||
        process.console_size().width() > kMaxConsole) {
        return Error("process: console size above 65535");
    }
    if (process.has_oom_score_adj() &&
        (process.oom_score_adj() < -1000 || process.oom_score_adj() > 1000)) {
        return Error("process: oom_score_adj outside -1000..1000");
    }
    return {};
}

}  // namespace bulkhead::agent
