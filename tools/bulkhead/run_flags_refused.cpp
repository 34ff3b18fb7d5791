// docker's flags that a machine of one's own has no use for, or that are not there yet.
#include <array>

#include "tools/bulkhead/flag_values.h"
#include "tools/bulkhead/run_flag_groups.h"

namespace bulkhead::cli {

namespace {

constexpr std::string_view kNetwork =
    "a container has no network but loopback yet: published ports, addresses and networks come "
    "with the support for networks";
constexpr std::string_view kVolume =
    "no directory of the host is shared with a container's machine yet: volumes come with the "
    "support for networks and volumes; --tmpfs works";
constexpr std::string_view kDevice =
    "devices of the host are not passed into a container's machine; --privileged gives all of the "
    "guest's own";

struct Refused {
    std::string_view name;
    char letter;
    bool takes_value;
    std::string_view reason;
};

constexpr std::array kRefused = {
    Refused{"publish", 'p', true, kNetwork},
    Refused{"publish-all", 'P', false, kNetwork},
    Refused{"expose", '\0', true, kNetwork},
    Refused{"link", '\0', true, kNetwork},
    Refused{"link-local-ip", '\0', true, kNetwork},
    Refused{"ip", '\0', true, kNetwork},
    Refused{"ip6", '\0', true, kNetwork},
    Refused{"mac-address", '\0', true, kNetwork},
    Refused{"network-alias", '\0', true, kNetwork},
    Refused{"net-alias", '\0', true, kNetwork},
    Refused{"volume", 'v', true, kVolume},
    Refused{"volumes-from", '\0', true, kVolume},
    Refused{"volume-driver", '\0', true, kVolume},
    Refused{"device", '\0', true, kDevice},
    Refused{"device-cgroup-rule", '\0', true, kDevice},
    Refused{"gpus", '\0', true, kDevice},
    Refused{"blkio-weight", '\0', true,
            "the guest's kernel has no weights for block devices, and the container is alone on "
            "its disk"},
};

// cgroup v2 has none of these; docker drops them with a warning there.
Result<void> refuse_swappiness(const std::string& value) {
    if (value == "-1") return {};
    return Error("a guest has no swap, and cgroup v2 no swappiness");
}

Result<void> refuse_oom_kill_disable(const std::string& value) {
    bool wanted = false;
    TRY(store(wanted)(value));
    if (!wanted) return {};
    return Error("cgroup v2 cannot turn the OOM killer off; --oom-score-adj chooses its victim");
}

Result<void> check_network(const std::string& value) {
    if (value == "none") return {};
    return Error(std::string(kNetwork) + "; \"none\" is what there is");
}

}  // namespace

void add_refused_flags(std::vector<Flag>& flags) {
    std::vector<Flag> refused = {{"network", '\0', "NAME", "", check_network},
                                 {"net", '\0', "NAME", "", check_network},
                                 {"memory-swappiness", '\0', "NUMBER", "", refuse_swappiness},
                                 {"oom-kill-disable", '\0', "", "", refuse_oom_kill_disable}};
    for (const Refused& each : kRefused) {
        refused.push_back({std::string(each.name), each.letter, each.takes_value ? "VALUE" : "", "",
                           [reason = each.reason](const std::string& /*value*/) -> Result<void> {
                               return Error(std::string(reason));
                           }});
    }
    append_group(kUnlisted, std::move(refused), flags);
}

}  // namespace bulkhead::cli
