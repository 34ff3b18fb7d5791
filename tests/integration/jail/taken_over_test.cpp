// A taken-over VMM in its jail: each act of all_acts() as each kind of thread, and once more with
// everything but the seccomp filter, to see what the layers below it refuse.
//
//   jail_taken_over --prisoner PROGRAM --docs docs/jail.md [--user ID]
//
// Fails when an act was possible that the filter should refuse, and when the table in the
// documentation is not what came out. Prints the table. --user: as that user instead of root.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>

#include "base/packet_channel.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/sandbox/vmm_process.h"
#include "tests/integration/jail/act.h"
#include "tests/integration/jail/documented.h"
#include "tests/integration/jail/prisoner.h"
#include "vmm/lockdown/lockdown.h"
#include "vmm/lockdown/role.h"

namespace bulkhead::test {

namespace {

constexpr std::string_view kPossible = "possible";
constexpr std::string_view kKilled = "killed";

// The one act that a role may do, by the list of system calls.
bool is_allowed(std::string_view act, lockdown::Role role) {
    return act == "make a thread" && role == lockdown::Role::Start;
}

Result<std::string> attempt(const std::string& program, const Order& order) {
    auto ends = TRY(make_socketpair(SOCK_SEQPACKET));
    auto monitor = TRY(sandbox::VmmProcess::spawn(program, ends.second, {}));
    ends.second.reset();
    if (::write(ends.first.get(), &order, sizeof(order)) != sizeof(order))
        return errno_error("order");
    Answer answer;
    const ssize_t count = ::read(ends.first.get(), &answer, sizeof(answer));
    const auto end = TRY(monitor.reap());
    if (count == sizeof(answer) && answer.error == 0) return std::string(kPossible);
    if (count == sizeof(answer)) return std::string(::strerrorname_np(answer.error));
    if (end.signal == SIGSYS) return std::string(kKilled);
    return Error(concat("the prisoner ended with status ", end.exit_code, ", signal ", end.signal));
}

// The layers that count for what is refused below the filter.
Result<jail::Report> layers_here(const std::string& program) {
    auto ends = TRY(make_socketpair(SOCK_SEQPACKET));
    const auto monitor = TRY(sandbox::VmmProcess::spawn(program, ends.second, {}));
    return monitor.jail();
}

struct Outcome {
    std::vector<std::string> rows{"| act | start | loop | vcpu | disk | refused below the filter |",
                                  "| --- | --- | --- | --- | --- | --- |"};
    std::string only_filter;  // the acts that nothing else refuses here
    int bad = 0;
};

void complain(Outcome& outcome, std::string_view how, const Act& act) {
    std::cout << "POSSIBLE " << how << ": " << act.name << "\n";
    ++outcome.bad;
}

Result<void> try_act(const std::string& program, unsigned index, bool all_layers,
                     Outcome& outcome) {
    const Act act = all_acts().at(index);
    std::string row = concat("| ", act.name, " |");
    for (const lockdown::Role role : lockdown::kAllRoles) {
        const Order order{Errand::Act, index, static_cast<unsigned>(role), false};
        const std::string result = TRY_CONTEXT(attempt(program, order), act.name);
        if (result == kPossible && !is_allowed(act.name, role))
            complain(outcome, concat("as ", lockdown::role_name(role)), act);
        row += " " + result + " |";
    }
    const auto bare = TRY_CONTEXT(attempt(program, Order{Errand::Act, index, 0, true}), act.name);
    const bool must = act.second == Second::Refuses;
    if (bare == kPossible && must && all_layers) complain(outcome, "without the filter", act);
    if (bare == kPossible) outcome.only_filter += concat(act.name, "; ");
    outcome.rows.push_back(row + (must ? " yes |" : " |"));
    return {};
}

// What the process ends with when it finds a bug of ours: the message still comes out.
Result<int> try_endings(const std::string& program) {
    int bad = 0;
    for (const lockdown::Role role : lockdown::kAllRoles) {
        for (const Errand errand : {Errand::FailedCheck, Errand::Fault}) {
            auto ends = TRY(make_socketpair(SOCK_SEQPACKET));
            auto monitor = TRY(sandbox::VmmProcess::spawn(program, ends.second, {}));
            const Order order{errand, 0, static_cast<unsigned>(role), false};
            if (::write(ends.first.get(), &order, sizeof(order)) != sizeof(order))
                return errno_error("order");
            const auto end = TRY(monitor.reap());
            std::array<char, 256> said{};
            const ssize_t count = ::read(monitor.error_output(), said.data(), said.size());
            const std::string_view text(said.data(),
                                        static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
            const bool right = errand == Errand::Fault ? end.signal == SIGILL
                                                       : end.exit_code == lockdown::kExitOfBug &&
                                                             text.find("bug: ") != text.npos;
            if (right) continue;
            std::cout << "WRONG END as " << lockdown::role_name(role) << ": status "
                      << end.exit_code << ", signal " << end.signal << ", said \"" << text
                      << "\"\n";
            ++bad;
        }
    }
    return bad;
}

Result<Outcome> try_all(const std::string& program) {
    const jail::Report layers = TRY(layers_here(program));
    // As the user who started it a monitor is as well confined, if not as far from others of that
    // user.
    bool all_layers = true;
    for (const auto& [name, missing] : layers.entries()) {
        if (missing.empty()) continue;
        std::cout << "This host's jail lacks: " << name << ": " << missing << "\n";
        all_layers = all_layers && name == jail::layer_name(jail::Layer::OwnUser);
    }
    if (!all_layers) std::cout << "So nothing is expected of the layers below the filter.\n";
    Outcome outcome;
    for (unsigned i = 0; i < all_acts().size(); ++i) TRY(try_act(program, i, all_layers, outcome));
    return outcome;
}

// As another user, who may not be able to reach the build's folder.
Result<std::string> move_to_user(const std::string& program, uid_t user) {
    std::string folder = (std::filesystem::temp_directory_path() / "bulkhead-jail-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return errno_error("mkdtemp");
    const std::string copy = folder + "/prisoner";
    std::filesystem::copy_file(program, copy);
    if (::chown(folder.c_str(), user, user) != 0 || ::chown(copy.c_str(), user, user) != 0)
        return errno_error("chown");
    if (::chmod(folder.c_str(), 0755) != 0 || ::chmod(copy.c_str(), 0755) != 0)
        return errno_error("chmod");
    if (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0)
        return errno_error("become another user");
    // As for a program that this user started: its children's files in /proc are the user's.
    if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return errno_error("dumpable");
    return copy;
}

Result<int> run(std::map<std::string, std::string> options) {
    std::string program = options["--prisoner"];
    // Before the documentation is out of reach.
    const std::string documentation = TRY(read_file(options["--docs"], 1U << 20U));
    if (options.contains("--user")) {
        const auto user = static_cast<uid_t>(std::stoul(options["--user"]));
        program = TRY(move_to_user(program, user));
    }
    const Outcome outcome = TRY(try_all(program));
    for (const auto& row : outcome.rows) std::cout << row << "\n";
    std::cout << "Refused by the filter alone here: " << outcome.only_filter << "\n"
              << outcome.rows.size() - 2 << " acts, " << outcome.bad << " possible\n";
    if (outcome.bad + TRY(try_endings(program)) > 0) return EXIT_FAILURE;
    if (options.contains("--user"))
        std::filesystem::remove_all(std::filesystem::path(program).parent_path());
    return is_documented(documentation, "taken-over", outcome.rows) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

}  // namespace bulkhead::test

int main(int argc, char** argv) {
    std::map<std::string, std::string> options;
    for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
    const auto result = bulkhead::test::run(options);
    if (!result) std::cerr << result.error().message() << "\n";
    return result ? *result : EXIT_FAILURE;
}
