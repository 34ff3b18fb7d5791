#include "tools/bulkhead/host_advice.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kMaxFile = 64 * 1024 * 1024;  // /proc/cpuinfo of a large host
constexpr const char* kVulnerabilities = "/sys/devices/system/cpu/vulnerabilities";

class Host {
  public:
    explicit Host(std::string root) : root_(std::move(root)) {}

    // Without the newline at its end.
    [[nodiscard]] std::optional<std::string> read(std::string_view path) const {
        auto text = read_file(concat(root_, path), kMaxFile);
        if (!text) return std::nullopt;
        while (text->ends_with('\n')) text->pop_back();
        return *std::move(text);
    }

    // Names, sorted.
    [[nodiscard]] std::vector<std::string> list(std::string_view path) const {
        std::vector<std::string> names;
        std::error_code failure;
        for (const auto& entry : std::filesystem::directory_iterator(concat(root_, path), failure))
            names.push_back(entry.path().filename().string());
        std::ranges::sort(names);
        return names;
    }

    void good(std::string what, std::string detail) {
        findings.push_back({std::move(what), std::move(detail), false});
    }

    void advise(std::string what, std::string detail) {
        findings.push_back({std::move(what), std::move(detail), true});
    }

    std::vector<HostFinding> findings;

  private:
    std::string root_;
};

void look_at_smt(Host& host) {
    const auto active = host.read("/sys/devices/system/cpu/smt/active");
    if (!active) return;
    if (*active != "1") return host.good("SMT", "off");
    host.advise("SMT",
                "on: machines on two threads of one core can learn from each other. For tenants "
                "who do not trust each other: boot with nosmt");
}

void look_at_page_merging(Host& host) {
    const auto run = host.read("/sys/kernel/mm/ksm/run");
    if (!run) return;
    if (*run != "1") return host.good("page merging (KSM)", "off");
    host.advise("page merging (KSM)",
                "on: how long a write takes tells who else has the same page. Turn it off: "
                "echo 2 > /sys/kernel/mm/ksm/run");
}

// The first line is a heading.
void look_at_swap(Host& host) {
    const auto swaps = host.read("/proc/swaps");
    if (!swaps) return;
    if (std::ranges::count(*swaps, '\n') == 0) return host.good("swap", "none");
    host.advise("swap",
                "in use: guests' memory can get onto a disk and stay there. Encrypt it, or turn it "
                "off: swapoff -a");
}

void look_at_vulnerabilities(Host& host) {
    std::string open;
    std::string partly;
    const auto names = host.list(kVulnerabilities);
    for (const std::string& name : names) {
        const auto state = host.read(concat(kVulnerabilities, "/", name));
        if (!state) continue;
        // KVM has its own line in some: "KVM: Vulnerable".
        const bool vulnerable =
            state->starts_with("Vulnerable") || state->starts_with("KVM: Vulnerable");
        if (vulnerable) {
            open += concat(open.empty() ? "" : ", ", name);
        } else if (state->starts_with("Unknown") || state->find("vulnerable") != state->npos) {
            partly += concat(partly.empty() ? "" : ", ", name);
        }
    }
    if (names.empty()) return;
    if (!open.empty()) {
        host.advise("processor flaws", concat("without mitigation: ", open,
                                              ". Update kernel and microcode, and do not boot "
                                              "with mitigations=off"));
    }
    if (!partly.empty()) {
        host.advise("processor flaws", concat("mitigated in part, or not known: ", partly, " (see ",
                                              kVulnerabilities, ")"));
    }
    if (open.empty() && partly.empty()) host.good("processor flaws", "mitigated");
}

void look_at_microcode(Host& host) {
    const auto info = host.read("/proc/cpuinfo");
    if (!info) return;
    constexpr std::string_view kKey = "microcode\t: ";
    const auto at = info->find(kKey);
    const std::string revision =
        at == std::string::npos
            ? ""
            : info->substr(at + kKey.size(), info->find('\n', at) - at - kKey.size());
    // What hypervisors show instead of one.
    if (!revision.empty() && revision != "0x0" && revision != "0x1" && revision != "0xffffffff")
        return host.good("microcode", concat("revision ", revision));
    host.advise("microcode",
                "its revision is not known, as in a virtual machine: whoever owns the processor "
                "has to keep it up to date");
}

// KVM makes a thread for each VM that splits huge pages again, against the flaw iTLB multihit. To
// move that thread into its cgroup takes an RCU grace period, unless the hierarchy favours moves.
void look_at_huge_pages(Host& host) {
    const auto setting = host.read("/sys/module/kvm/parameters/nx_huge_pages");
    if (!setting) return;
    const auto flaw = host.read(concat(kVulnerabilities, "/itlb_multihit"));
    const bool affected = flaw && !flaw->starts_with("Not affected");
    if (affected && (*setting == "N" || *setting == "never")) {
        return host.advise("kvm.nx_huge_pages",
                           concat(*setting,
                                  ", though the processor has the flaw iTLB multihit: a guest can "
                                  "stop the host. Load kvm with nx_huge_pages=auto"));
    }
    const auto mounts = host.read("/proc/mounts");
    const bool favoured = mounts && mounts->find("favordynmods") != std::string::npos;
    if (*setting == "never" || favoured) return host.good("kvm.nx_huge_pages", *setting);
    std::string advice = concat(*setting,
                                ": each start makes a thread, and can wait tens of "
                                "milliseconds for its cgroup. ");
    if (!affected)
        advice +=
            "The processor lacks the flaw that it is for: load kvm with nx_huge_pages=never, or ";
    advice += concat(affected ? "M" : "m",
                     "ount cgroups for moves: mount -o remount,favordynmods /sys/fs/cgroup");
    host.advise("kvm.nx_huge_pages", std::move(advice));
}

void look_at_user_namespaces(Host& host) {
    if (host.read("/proc/sys/user/max_user_namespaces") == "0") {
        return host.advise("user namespaces",
                           "none are allowed: the jail around machines lacks one layer. Allow "
                           "some: sysctl user.max_user_namespaces=10000");
    }
    const auto debian = host.read("/proc/sys/kernel/unprivileged_userns_clone");
    const auto ubuntu = host.read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    if (!debian && !ubuntu) return;
    if (debian == "0" || ubuntu == "1") return host.good("user namespaces", "root's alone");
    host.advise("user namespaces",
                concat("any user of the host may make them, the usual way to flaws of its kernel. "
                       "If only root runs containers here: sysctl ",
                       debian ? "kernel.unprivileged_userns_clone=0"
                              : "kernel.apparmor_restrict_unprivileged_userns=1"));
}

}  // namespace

std::vector<HostFinding> examine_host(const std::string& root) {
    Host host(root);
    look_at_smt(host);
    look_at_page_merging(host);
    look_at_swap(host);
    look_at_vulnerabilities(host);
    look_at_microcode(host);
    look_at_huge_pages(host);
    look_at_user_namespaces(host);
    return std::move(host.findings);
}

}  // namespace bulkhead::cli
