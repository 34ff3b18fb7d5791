#include "host/runtime/restart_policy.h"

#include <charconv>

#include "base/text.h"

namespace bulkhead::runtime {

namespace {

using When = RestartPolicy::When;

Result<When> parse_when(std::string_view name) {
    if (name.empty() || name == "no") return When::Never;
    if (name == "always") return When::Always;
    if (name == "unless-stopped") return When::UnlessStopped;
    if (name == "on-failure") return When::OnFailure;
    return Error(concat("invalid restart policy: unknown policy '", name,
                        "'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"));
}

}  // namespace

Result<RestartPolicy> parse_restart_policy(std::string_view text) {
    const auto colon = text.find(':');
    RestartPolicy policy{TRY(parse_when(text.substr(0, colon))), 0};
    if (colon == std::string_view::npos) return policy;
    if (policy.when != When::OnFailure) {
        return Error(
            "invalid restart policy: maximum retry count can only be used with 'on-failure'");
    }
    const std::string_view count = text.substr(colon + 1);
    const auto* const end = count.data() + count.size();
    const auto parsed = std::from_chars(count.data(), end, policy.most);
    if (parsed.ec != std::errc() || parsed.ptr != end)
        return Error("invalid restart policy format: maximum retry count must be an integer");
    return policy;
}

}  // namespace bulkhead::runtime
