#include "guest-agent/spec/scheduling.h"

#include <linux/sched.h>
#include <sys/personality.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

template <class Value>
using Name = std::pair<std::string_view, Value>;

constexpr std::array<Name<std::uint32_t>, 6> kPolicies = {{
    {"SCHED_OTHER", SCHED_NORMAL},
    {"SCHED_FIFO", SCHED_FIFO},
    {"SCHED_RR", SCHED_RR},
    {"SCHED_BATCH", SCHED_BATCH},
    {"SCHED_IDLE", SCHED_IDLE},
    {"SCHED_DEADLINE", SCHED_DEADLINE},
}};

constexpr std::array<Name<std::uint64_t>, 7> kFlags = {{
    {"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
    {"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
    {"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
    {"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
    {"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
    {"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
    {"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
}};

// <linux/ioprio.h>, which is not C++.
constexpr int kIoClassShift = 13;

constexpr std::array<Name<int>, 3> kIoClasses = {{
    {"IOPRIO_CLASS_RT", 1},
    {"IOPRIO_CLASS_BE", 2},
    {"IOPRIO_CLASS_IDLE", 3},
}};

template <class Table>
auto find(const Table& table, std::string_view name)
    -> std::optional<typename Table::value_type::second_type> {
    const auto* found = std::find_if(table.begin(), table.end(),
                                     [&](const auto& each) { return each.first == name; });
    if (found == table.end()) return std::nullopt;
    return found->second;
}

}  // namespace

Result<std::optional<SchedulerAttributes>> scheduler(const oci::v1::Scheduler& wanted) {
    constexpr std::int32_t kLeastNice = -20;
    constexpr std::int32_t kMostNice = 19;
    constexpr std::int32_t kMostPriority = 99;
    if (wanted.policy().empty()) return std::optional<SchedulerAttributes>();
    const auto policy = find(kPolicies, wanted.policy());
    if (!policy) return Error(concat("scheduler: unknown policy \"", wanted.policy(), "\""));
    if (wanted.nice() < kLeastNice || wanted.nice() > kMostNice)
        return Error("scheduler: nice outside -20..19");
    if (wanted.priority() < 0 || wanted.priority() > kMostPriority)
        return Error("scheduler: priority outside 0..99");
    SchedulerAttributes attributes;
    attributes.policy = *policy;
    attributes.nice = wanted.nice();
    attributes.priority = static_cast<std::uint32_t>(wanted.priority());
    attributes.runtime = wanted.runtime_ns();
    attributes.deadline = wanted.deadline_ns();
    attributes.period = wanted.period_ns();
    for (const auto& name : wanted.flags()) {
        const auto flag = find(kFlags, name);
        if (!flag) return Error(concat("scheduler: unknown flag \"", name, "\""));
        attributes.flags |= *flag;
    }
    return std::optional(attributes);
}

Result<std::optional<int>> io_priority(const oci::v1::IoPriority& wanted) {
    constexpr int kMost = 7;
    if (wanted.class_().empty()) return std::optional<int>();
    const auto io_class = find(kIoClasses, wanted.class_());
    if (!io_class) return Error(concat("ioPriority: unknown class \"", wanted.class_(), "\""));
    if (wanted.priority() < 0 || wanted.priority() > kMost)
        return Error("ioPriority: priority outside 0..7");
    return std::optional(*io_class << kIoClassShift | wanted.priority());
}

Result<std::optional<unsigned long>> personality_of(std::string_view domain) {
    if (domain.empty()) return std::optional<unsigned long>();
    if (domain == "LINUX") return std::optional<unsigned long>(PER_LINUX);
    if (domain == "LINUX32") return std::optional<unsigned long>(PER_LINUX32);
    return Error(concat("personality: unknown domain \"", domain, "\""));
}

}  // namespace bulkhead::agent
