// A supervisor that its guest has taken over, after it has confined itself: each act of all_acts()
// in a process of its own.
//
//   jail_taken_over_supervisor --docs docs/jail.md
//
// Prints the table, and fails when the documentation has another one: much is possible in a process
// that starts others, and each of those acts is there with its reason. Needs root.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/own_confinement.h"
#include "proto/container.pb.h"
#include "tests/integration/jail/act.h"
#include "tests/integration/jail/documented.h"

namespace bulkhead::test {

namespace {

// Processes are bounded by a supervisor's cgroup, which this test is not in. It may open /dev/kvm,
// so that what a monitor's filter refuses of it is nothing here. And its limits are those of
// whoever started it.
bool is_left_out(std::string_view act) {
    return act == "fork without end" || act == "raise a limit" ||
           act == "change guest memory's places" || act.find("KVM") != std::string_view::npos;
}

// Directories for data and state.
class Folders {
  public:
    Folders() {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
        for (const char* name : {"/root", "/state"}) ::mkdir((path_ + name).c_str(), 0700);
    }

    Folders(const Folders&) = delete;
    Folders& operator=(const Folders&) = delete;

    ~Folders() { std::filesystem::remove_all(path_); }

    [[nodiscard]] state::Paths paths() const { return {path_ + "/root", path_ + "/state"}; }

  private:
    std::string path_ = "/tmp/bulkhead-supervisor.XXXXXX";
};

// In a child: never returns, and does nothing if it could not confine itself.
[[noreturn]] void attempt(const Act& act, const state::Paths& paths, int answers) {
    engine::OwnConfinement confinement(paths);
    confinement.before_launch({}, {.monitor = "/bin/true",
                                   .kernel = "/nonexistent",
                                   .initramfs = "/nonexistent",
                                   .disk_template = "/nonexistent"});
    confinement.after_launch(jail::Report());
    if (!confinement.missing().empty()) {
        std::cerr << confinement.missing() << "\n";
        ::_exit(1);
    }
    const int error = act.attempt();
    ::_exit(::write(answers, &error, sizeof(error)) == sizeof(error) ? 0 : 1);
}

Result<std::string> result_of(const Act& act, const state::Paths& paths) {
    const auto answers = TRY(make_pipe());
    const pid_t child = ::fork();
    if (child < 0) return errno_error("fork");
    if (child == 0) attempt(act, paths, answers.second.get());
    int status = 0;
    ::waitpid(child, &status, 0);
    TRY(set_nonblocking(answers.first.get()));
    int error = -1;
    const bool answered = ::read(answers.first.get(), &error, sizeof(error)) == sizeof(error);
    if (answered) return std::string(error == 0 ? "possible" : "refused");
    if (WIFSIGNALED(status)) return Error(concat("it ended by signal ", WTERMSIG(status)));
    // Another program: this one without arguments, by execution.
    if (WEXITSTATUS(status) == EXIT_FAILURE + 1) return std::string("possible");
    return Error("it could not confine itself here");
}

Result<int> run(const std::string& docs) {
    const std::string documentation = TRY(read_file(docs, 1U << 20U));
    const Folders folders;
    std::vector<std::string> rows = {"| act | supervisor |", "| --- | --- |"};
    for (const Act& act : all_acts()) {
        if (is_left_out(act.name)) continue;
        const std::string result = TRY_CONTEXT(result_of(act, folders.paths()), act.name);
        rows.push_back(concat("| ", act.name, " | ", result, " |"));
    }
    for (const std::string& row : rows) std::cout << row << "\n";
    return is_documented(documentation, "taken-over-supervisor", rows) ? EXIT_SUCCESS
                                                                       : EXIT_FAILURE;
}

}  // namespace

}  // namespace bulkhead::test

int main(int argc, char** argv) {
    if (argc != 3) return EXIT_FAILURE + 1;
    const auto result = bulkhead::test::run(argv[2]);
    if (!result) std::cerr << result.error().message() << "\n";
    return result ? *result : EXIT_FAILURE;
}
