#include "tests/integration/hostile/performance.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <sstream>
#include <string_view>
#include <thread>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/integration/hostile/process_usage.h"
#include "tests/integration/vmm/vm.h"

namespace bulkhead::test {

namespace {

constexpr std::size_t kDiskBytes = 1 << 20;
constexpr std::uint64_t kMemoryMib = 48;  // as tests/guest/hostile/machine.h has it

// What a monitor may grow by: streams hold 62 MiB at most (vmm/vsock/muxer.h), everything else
// little.
constexpr std::uint64_t kGrowthKib = 4 * 1024;
constexpr std::uint64_t kGrowthWithStreamsKib = 66 * 1024;

// Each place that logs what a guest can cause prints ten lines in five seconds, and an act meets
// few of them.
constexpr std::size_t kMaxMessages = 60;

struct Kind {
    std::string_view name;
    bool stands_still = false;  // never says that it is done
    bool may_die = false;       // may overwrite itself, depending on what the monitor does first
    bool many_streams = false;
    bool writes_to_streams = false;
    unsigned seeds = 1;
};

constexpr std::array kKinds{
    Kind{.name = "halt-with-interrupts-off", .stands_still = true},
    Kind{.name = "loop-with-interrupts-off", .stands_still = true},
    Kind{.name = "random-register-accesses", .may_die = true, .seeds = 4},
    Kind{.name = "random-drivers", .may_die = true, .seeds = 4},
    Kind{.name = "rings-in-one-place", .may_die = true, .seeds = 2},
    Kind{.name = "same-descriptor-while-it-changes", .may_die = true, .seeds = 2},
    Kind{.name = "connect-flood", .many_streams = true},
    Kind{.name = "streams-that-nobody-reads", .many_streams = true},
    Kind{.name = "credit-that-lies", .writes_to_streams = true, .seeds = 2},
};

Kind kind_of(const std::string& act) {
    const auto* const found = std::ranges::find(kKinds, act, &Kind::name);
    return found == kKinds.end() ? Kind{.name = act} : *found;
}

UniqueFd file_of(char letter) {
    UniqueFd file(::memfd_create("disk", MFD_CLOEXEC));
    const std::string content(kDiskBytes, letter);
    REQUIRE(pwrite_full(file.get(), std::as_bytes(std::span(content)), 0));
    return file;
}

std::string content_of(const UniqueFd& file) {
    std::string content(file_size(file.get()).value(), '\0');
    REQUIRE(pread_full(file.get(), std::as_writable_bytes(std::span(content)), 0));
    return content;
}

VmOptions options_for(const std::string& arguments) {
    VmOptions options;
    options.memory_mib = kMemoryMib;
    options.arguments = arguments;
    auto kernel = open_file(environment("BULKHEAD_HOSTILE_GUEST"), O_RDONLY);
    REQUIRE(kernel);
    options.kernel = std::move(*kernel);
    return options;
}

// What the host does with a stream: it never reads, and never closes. Some it fills.
class Streams {
  public:
    explicit Streams(const Kind& kind) : kind_(kind) {}

    void take(UniqueFd stream) {
        if (kind_.writes_to_streams) {
            static constexpr std::array<char, 64 * 1024> kBytes{};
            static_cast<void>(
                ::send(stream.get(), kBytes.data(), kBytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
        }
        kept_.push_back(std::move(stream));
    }

  private:
    const Kind& kind_;
    std::vector<UniqueFd> kept_;
};

// The guest does nothing any more: the loop must come to rest, too.
void check_quiet(pid_t monitor) {
    constexpr int kTries = 50;
    constexpr std::chrono::milliseconds kPeriod{200};
    for (int tries = 0; tries < kTries; ++tries) {
        const auto before = loop_time(monitor);
        std::this_thread::sleep_for(kPeriod);
        if (loop_time(monitor) - before < kPeriod / 10) return;
    }
    FAIL_CHECK("the event loop goes on running");
}

void check_answers(Vm& vm) {
    wire::DeviceLimits limits;
    limits.set_read_bytes(123'456'789);
    CHECK(vm.exchange_device_limits(limits).read_bytes() == limits.read_bytes());
    vm.pause();
    vm.resume();
}

std::string text_of(const wire::Ended& ended) {
    switch (ended.reason()) {
        case wire::END_REASON_GUEST_RESET:
            return "ends: the guest reset itself";
        case wire::END_REASON_GUEST_PANIC:
            return "ends: the guest said that it panicked";
        case wire::END_REASON_TRIPLE_FAULT:
            return "ends: triple fault";
        case wire::END_REASON_INTERNAL_ERROR:
            CHECK_THAT(ended.detail(), Catch::StartsWith("KVM internal error"));
            return "ends: code that KVM cannot run";
        default:
            FAIL_CHECK("ended without a good reason: " << ended.reason() << " " << ended.detail());
            return "ends";
    }
}

std::string outcome_in(const std::string& console) {
    constexpr std::string_view kMark = "outcome: ";
    const auto at = console.rfind(kMark);
    INFO("console:\n" << console);
    REQUIRE(at != std::string::npos);
    const auto start = at + kMark.size();
    return console.substr(start, console.find('\n', start) - start);
}

std::string run_once(const Kind& kind, const std::string& arguments) {
    const UniqueFd read_only = file_of('r');
    const UniqueFd writable = file_of('w');
    const UniqueFd messages(::memfd_create("messages", MFD_CLOEXEC));
    VmOptions options = options_for(arguments);
    options.disks = {{"lower", true, {{read_only.get(), 0, kDiskBytes}}},
                     {"upper", false, {{writable.get(), 0, kDiskBytes}}}};
    options.messages = UniqueFd(::fcntl(messages.get(), F_DUPFD_CLOEXEC, 0));
    Streams streams(kind);
    Vm vm(std::move(options));
    vm.take_streams([&](UniqueFd stream) { streams.take(std::move(stream)); });
    static_cast<void>(vm.wait_started());
    const std::uint64_t before = private_kib(vm.pid());

    const bool ended = vm.wait_for_console_or_end(kind.stands_still ? "begin\n" : "done\n");
    std::string outcome;
    if (ended) {
        outcome = text_of(vm.wait_ended());
    } else {
        outcome = kind.stands_still ? "stands still" : outcome_in(vm.console());
        check_quiet(vm.pid());
        check_answers(vm);
        const std::uint64_t after = private_kib(vm.pid());
        CHECK(after <= before + (kind.many_streams ? kGrowthWithStreamsKib : kGrowthKib));
        UNSCOPED_INFO("private memory: " << before << " KiB, then " << after << " KiB");
        vm.stop();
        CHECK(vm.wait_ended().reason() == wire::END_REASON_STOPPED);
    }
    CHECK(outcome.find("BROKEN") == std::string::npos);
    CHECK(vm.wait_exit() == 0);  // no signal, no code of a failed check
    CHECK(content_of(read_only) == std::string(kDiskBytes, 'r'));
    CHECK(file_size(writable.get()).value() == kDiskBytes);
    const std::string said = content_of(messages);
    INFO("messages:\n" << said);
    CHECK(static_cast<std::size_t>(std::ranges::count(said, '\n')) <= kMaxMessages);
    return outcome;
}

// For the streams of one guest.
void allow_many_descriptors() {
    rlimit bounds{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &bounds) == 0);
    bounds.rlim_cur = std::min<rlim_t>(bounds.rlim_max, 8192);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &bounds) == 0);
}

}  // namespace

std::vector<std::string> all_acts() {
    Vm vm(options_for("act=list"));
    vm.wait_for_console("done\n");
    vm.stop();
    CHECK(vm.wait_exit() == 0);
    std::vector<std::string> names;
    std::istringstream lines(vm.console());
    for (std::string name; std::getline(lines, name) && name != "done";) names.push_back(name);
    return names;
}

std::string perform(const std::string& act) {
    allow_many_descriptors();
    const Kind kind = kind_of(act);
    std::string outcome;
    for (unsigned seed = 1; seed <= kind.seeds; ++seed) {
        INFO("act " << act << ", seed " << seed);
        const std::string one = run_once(kind, "act=" + act + " seed=" + std::to_string(seed));
        if (kind.may_die) {
            CHECK_THAT(one, Catch::StartsWith("ends: ") || Catch::Equals("works after a reset"));
        } else if (!outcome.empty()) {
            CHECK(one == outcome);
        }
        outcome = kind.may_die ? "works after a reset, or has destroyed itself" : one;
    }
    return outcome;
}

}  // namespace bulkhead::test
