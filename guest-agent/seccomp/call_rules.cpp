#include "guest-agent/seccomp/call_rules.h"

#include <seccomp.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/text.h"
#include "base/words.h"
#include "guest-agent/seccomp/multiplexed_calls.h"
#include "guest-agent/seccomp/names.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

Result<std::uint32_t> action_of(const std::string& name,
                                std::optional<std::uint32_t> errno_return) {
    const auto action = seccomp_action(name, errno_return.value_or(EPERM));
    if (!action) return Error(concat("seccomp: unknown action \"", name, "\""));
    return *action;
}

Result<std::vector<Condition>> conditions_of(const oci::v1::SeccompRule& rule) {
    constexpr std::uint32_t kLastArgument = 5;
    std::vector<Condition> conditions;
    for (const auto& argument : rule.args()) {
        const auto comparison = seccomp_comparison(argument.op());
        if (!comparison || argument.index() > kLastArgument) {
            return Error(concat("seccomp: bad condition \"", argument.op(), "\" on argument ",
                                argument.index()));
        }
        conditions.push_back({.argument = argument.index(),
                              .comparison = *comparison,
                              .value = argument.value(),
                              .value_two = argument.value_two()});
    }
    return conditions;
}

// x32 numbers are those of x86_64 with this bit.
std::uint32_t number_base(std::uint32_t architecture) {
    return architecture == SCMP_ARCH_X32 ? 0x4000'0000U : 0U;
}

bool repeats_an_argument(const std::vector<Condition>& conditions) {
    unsigned seen = 0;
    for (const auto& condition : conditions) {
        const unsigned bit = 1U << condition.argument;
        if ((seen & bit) != 0) return true;
        seen |= bit;
    }
    return false;
}

// As in runc, conditions on different arguments must all hold, but a rule that names an argument
// twice means "or" between its conditions.
Result<std::vector<Clause>> clauses_of(const oci::v1::SeccompRule& rule) {
    const std::uint32_t action = TRY(action_of(
        rule.action(), rule.has_errno_ret() ? std::optional(rule.errno_ret()) : std::nullopt));
    auto conditions = TRY(conditions_of(rule));
    if (!repeats_an_argument(conditions))
        return std::vector<Clause>{{std::move(conditions), action}};
    std::vector<Clause> clauses;
    clauses.reserve(conditions.size());
    for (const Condition& condition : conditions) clauses.push_back({{condition}, action});
    return clauses;
}

void add(CallRules& rules, const Clause& clause) {
    if (!clause.conditions.empty()) {
        rules.clauses.push_back(clause);
    } else if (!rules.otherwise) {
        rules.otherwise = clause.action;
    }
}

// socket() and the like on a 32-bit x86 can also be made through one call that has the real
// arguments in memory, where no filter can see them. A rule with conditions forbids all of them
// there, or allows none.
void add_multiplexed(CallTable& table, const std::string& name, const Clause& clause) {
    const auto multiplexed = find_multiplexed(name);
    if (!multiplexed || (!clause.conditions.empty() && lets_calls_through(clause.action))) return;
    const Condition selector{
        .argument = 0, .comparison = Comparison::Equal, .value = multiplexed->selector};
    table.last_call = std::max(table.last_call.value_or(0), multiplexed->call);
    add(table.calls[multiplexed->call], {{selector}, clause.action});
}

}  // namespace

Result<CallTable> make_call_table(const oci::v1::Seccomp& profile, std::uint32_t architecture) {
    CallTable table;
    for (const auto& rule : profile.syscalls()) {
        const auto clauses = TRY(clauses_of(rule));
        for (const std::string_view word : words_of(rule.names())) {
            const std::string name(word);  // as C's strings end
            if (architecture == SCMP_ARCH_X86) {
                for (const Clause& clause : clauses) add_multiplexed(table, name, clause);
            }
            const int call = seccomp_syscall_resolve_name_arch(architecture, name.c_str());
            if (call < 0) continue;  // unknown, or libseccomp's stand-in for what the machine lacks
            const auto number = static_cast<std::uint32_t>(call) | number_base(architecture);
            table.last_call = std::max(table.last_call.value_or(0), number);
            for (const Clause& clause : clauses) add(table.calls[number], clause);
        }
    }
    return table;
}

Result<std::uint32_t> default_action(const oci::v1::Seccomp& profile) {
    return action_of(profile.default_action(), profile.has_default_errno_ret()
                                                   ? std::optional(profile.default_errno_ret())
                                                   : std::nullopt);
}

}  // namespace bulkhead::agent
