// bulkhead doctor: looks at everything that a run needs, and says what to do about what is missing.
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <utility>

#include "base/packet_channel.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/own_confinement.h"
#include "host/sandbox/kvm_device.h"
#include "host/sandbox/vmm_process.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/host_advice.h"
#include "tools/bulkhead/host_files.h"

namespace bulkhead::cli {

namespace {

enum class Verdict { Good, Note, Hint, Bad };

// Prints each finding as it is made; remembers whether anything stands in the way.
class Report {
  public:
    void add(Verdict verdict, std::string_view what, std::string_view detail) {
        constexpr std::string_view kMarks[] = {"ok  ", "note", "hint", "BAD "};
        std::cout << kMarks[static_cast<std::size_t>(verdict)] << "  " << what
                  << (detail.empty() ? "" : ": ") << detail << "\n";
        if (verdict == Verdict::Bad) bad_ = true;
    }

    void add(std::string_view what, const Result<void>& result) {
        add(result ? Verdict::Good : Verdict::Bad, what, result ? "" : result.error().message());
    }

    [[nodiscard]] bool bad() const { return bad_; }

  private:
    bool bad_ = false;
};

void check_processor(Report& report) {
    constexpr std::size_t kMaxCpuInfo = 64 * 1024 * 1024;
    utsname names{};
    if (::uname(&names) != 0 || std::string_view(names.machine) != "x86_64") return;
    const auto text = read_file("/proc/cpuinfo", kMaxCpuInfo);
    const std::string flag = text ? sandbox::virtualization_flag(*text) : "";
    if (flag.empty()) {
        report.add(Verdict::Bad, "processor",
                   "no virtualization (neither vmx nor svm): turn on VT-x or AMD-V in the "
                   "firmware, or nested virtualization if this is a virtual machine");
    } else {
        report.add(Verdict::Good, "processor", "virtualization by " + flag);
    }
}

Result<void> check_kvm() {
    TRY(sandbox::open_kvm());
    return {};
}

Result<void> check_file(const std::string& path, int access, std::string_view advice) {
    if (::access(path.c_str(), access) == 0) return {};
    return errno_error(path).context(advice);
}

Result<void> check_directory(const std::string& path) {
    TRY(state::make_directories(path));
    const std::string probe = concat(path, "/.doctor-", ::getpid());
    TRY(write_file_atomically(probe, "bulkhead"));
    if (::unlink(probe.c_str()) != 0) return errno_error("remove " + probe);
    return {};
}

void check_files(Report& report) {
    constexpr std::string_view kBroken =
        "the installation is not complete; build or install it again";
    const auto files = find_host_files();
    if (!files) {
        report.add(Verdict::Bad, "programs", files.error().message());
        return;
    }
    report.add("monitor", check_file(files->monitor, X_OK, kBroken));
    report.add("guest kernel", check_file(files->kernel, R_OK, kBroken));
    report.add("guest agent", check_file(files->initramfs, R_OK, kBroken));
    report.add("disk template", check_file(files->disk_template, R_OK, kBroken));
}

// A monitor that is told nonsense says so and ends with 0; one that cannot lock itself down does
// not get so far.
Result<void> check_lockdown(PacketChannel channel, sandbox::VmmProcess& monitor) {
    TRY(channel.send(std::array{std::byte{0xFF}}, {}));
    const auto end = TRY(monitor.reap());
    if (end.signal == 0 && end.exit_code == 0) return {};
    return Error("the monitor cannot lock itself down here");
}

// Starts a monitor in its jail, without anything to do, and says which layers this host gives it.
// A missing one is no reason not to start, unless a container asks for all.
// The supervisor's part is tried on this process, which then has Bulkhead's own files only: the
// last of all checks.
void check_jail(const Context& context, Report& report) {
    const auto files = find_host_files();
    auto ends = PacketChannel::create_pair();
    if (!files || !ends) return;  // said already, or said soon by what needs it
    const auto theirs = duplicate(ends->second.fd());
    jail::Options options;
    if (::geteuid() == 0) {
        options.cgroup.emplace();
        options.cgroup->place.name = concat("doctor-", ::getpid());
        // What is wrong with it is said when it is used.
        static_cast<void>(cgroup::prepare(options.cgroup->place));
    }
    engine::OwnConfinement confinement(context.paths);
    confinement.before_launch({}, *files);
    options.unconfined_starter = confinement.missing();
    auto monitor = theirs ? sandbox::VmmProcess::spawn(files->monitor, *theirs, options)
                          : Result<sandbox::VmmProcess>(theirs.error());
    if (!monitor) {
        report.add(Verdict::Bad, "jail", monitor.error().message());
        return;
    }
    for (const auto& [layer, missing] : monitor->jail().entries()) {
        report.add(missing.empty() ? Verdict::Good : Verdict::Note, "jail: " + layer,
                   missing.empty() ? "" : "missing: " + missing);
    }
    report.add("jail: seccomp", check_lockdown(std::move(ends->first), *monitor));
}

int examine(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kDoctorCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    Report report;
    check_processor(report);
    report.add(sandbox::kKvmPath, check_kvm());
    check_files(report);
    report.add("data in " + context.paths.root, check_directory(context.paths.root));
    report.add("state in " + context.paths.state, check_directory(context.paths.state));
    if (::access("/usr/sbin/mke2fs", X_OK) != 0 && ::access("/sbin/mke2fs", X_OK) != 0) {
        report.add(Verdict::Note, "mke2fs",
                   "not installed; only needed for --disk-size (package e2fsprogs)");
    }
    for (const HostFinding& finding : examine_host(""))
        report.add(finding.advice ? Verdict::Hint : Verdict::Good, "host: " + finding.what,
                   finding.detail);
    check_jail(context, report);
    if (!report.bad()) std::cout << "Everything that a container needs is there.\n";
    return report.bad() ? kExitFailure : kExitOk;
}

}  // namespace

const Command kDoctorCommand = {"doctor",
                                "doctor",
                                "Check that this machine can run containers, and say what to do",
                                "bulkhead doctor",
                                kExitFailure,
                                examine};

}  // namespace bulkhead::cli
