#include "tools/bulkhead/host_advice.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>

namespace bulkhead::cli {

namespace {

// A host's files: path and content.
using Tree = std::map<std::string, std::string>;

class FakeHost {
  public:
    explicit FakeHost(const Tree& tree) {
        std::string name = std::filesystem::temp_directory_path() / "host-advice.XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        root_ = name;
        for (const auto& [path, content] : tree) {
            const std::filesystem::path file = root_ + path;
            std::filesystem::create_directories(file.parent_path());
            std::ofstream(file) << content;
        }
    }

    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    ~FakeHost() { std::filesystem::remove_all(root_); }

    [[nodiscard]] const std::string& root() const { return root_; }

  private:
    std::string root_;
};

// "what: detail" of each finding, with "ADVICE " before those that are.
std::vector<std::string> lines_of(const Tree& tree) {
    const FakeHost host(tree);
    std::vector<std::string> lines;
    for (const auto& finding : examine_host(host.root()))
        lines.push_back((finding.advice ? "ADVICE " : "") + finding.what + ": " + finding.detail);
    return lines;
}

std::string only_line(const Tree& tree) {
    const auto lines = lines_of(tree);
    REQUIRE(lines.size() == 1);
    return lines.front();
}

const std::string kFlaws = "/sys/devices/system/cpu/vulnerabilities/";

}  // namespace

TEST_CASE("a host that tells nothing gets no advice") {
    CHECK(lines_of({}).empty());
}

TEST_CASE("a host that is set up well gets no advice") {
    const auto lines = lines_of({
        {"/sys/devices/system/cpu/smt/active", "0\n"},
        {"/sys/kernel/mm/ksm/run", "0\n"},
        {"/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"},
        {kFlaws + "meltdown", "Mitigation: PTI\n"},
        {kFlaws + "itlb_multihit", "Not affected\n"},
        {"/proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0xb000040\ncpu MHz\t: 1\n"},
        {"/sys/module/kvm/parameters/nx_huge_pages", "never\n"},
        {"/proc/sys/user/max_user_namespaces", "15000\n"},
        {"/proc/sys/kernel/unprivileged_userns_clone", "0\n"},
    });
    CHECK(lines ==
          std::vector<std::string>{"SMT: off", "page merging (KSM): off", "swap: none",
                                   "processor flaws: mitigated", "microcode: revision 0xb000040",
                                   "kvm.nx_huge_pages: never", "user namespaces: root's alone"});
}

TEST_CASE("threads of one core, merged pages and swap are worth a word") {
    CHECK(only_line({{"/sys/devices/system/cpu/smt/active", "1\n"}}).starts_with("ADVICE SMT: on"));
    CHECK(only_line({{"/sys/kernel/mm/ksm/run", "1\n"}})
              .starts_with("ADVICE page merging (KSM): on"));
    CHECK(only_line({{"/sys/kernel/mm/ksm/run", "2\n"}}) == "page merging (KSM): off");
    CHECK(only_line(
              {{"/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n"}})
              .starts_with("ADVICE swap: in use"));
}

TEST_CASE("flaws of the processor are named, those mitigated in part by themselves") {
    const auto lines =
        lines_of({{kFlaws + "mds", "Vulnerable: Clear CPU buffers attempted, no microcode\n"},
                  {kFlaws + "l1tf", "Mitigation: PTE Inversion; VMX: SMT vulnerable\n"},
                  {kFlaws + "itlb_multihit", "KVM: Vulnerable\n"},
                  {kFlaws + "srbds", "Unknown: Dependent on hypervisor status\n"},
                  {kFlaws + "tsx_async_abort", "Not affected\n"}});
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].starts_with("ADVICE processor flaws: without mitigation: itlb_multihit, mds."));
    CHECK(lines[1].starts_with(
        "ADVICE processor flaws: mitigated in part, or not known: l1tf, srbds "));
}

TEST_CASE("microcode that nobody can see") {
    for (const char* info : {"processor\t: 0\n", "microcode\t: 0xffffffff\n", "microcode\t: 0x1\n"})
        CHECK(only_line({{"/proc/cpuinfo", info}}).starts_with("ADVICE microcode: "));
}

TEST_CASE("what KVM's thread for huge pages costs, and when it is needed") {
    const std::string setting = "/sys/module/kvm/parameters/nx_huge_pages";
    const std::string slow = only_line({{setting, "Y\n"}});
    CHECK(slow.starts_with("ADVICE kvm.nx_huge_pages: Y: each start makes a thread"));
    CHECK(slow.find("nx_huge_pages=never") != std::string::npos);
    CHECK(slow.find("favordynmods") != std::string::npos);
    CHECK(only_line({{setting, "N\n"},
                     {"/proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,favordynmods 0 0\n"}}) ==
          "kvm.nx_huge_pages: N");

    const Tree affected = {{setting, "Y\n"},
                           {kFlaws + "itlb_multihit", "KVM: Mitigation: Split huge pages\n"}};
    auto lines = lines_of(affected);
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].find("favordynmods") != std::string::npos);
    CHECK(lines[1].find("never") == std::string::npos);
    Tree exposed = affected;
    exposed[setting] = "N\n";
    lines = lines_of(exposed);
    CHECK(lines[1].find("a guest can stop the host") != std::string::npos);
}

TEST_CASE("user namespaces: the jail needs them, other users seldom do") {
    CHECK(only_line({{"/proc/sys/user/max_user_namespaces", "0\n"}})
              .starts_with("ADVICE user namespaces: none are allowed"));
    CHECK(only_line({{"/proc/sys/kernel/unprivileged_userns_clone", "1\n"}})
              .find("kernel.unprivileged_userns_clone=0") != std::string::npos);
    CHECK(only_line({{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0\n"}})
              .find("apparmor_restrict_unprivileged_userns=1") != std::string::npos);
    CHECK(only_line({{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"}}) ==
          "user namespaces: root's alone");
}

}  // namespace bulkhead::cli
