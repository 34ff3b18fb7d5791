#include "host/jail/spawn.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/jail/child.h"
#include "host/jail/namespaces.h"

namespace bulkhead::jail {

namespace {

// Above the descriptors that the child assigns, so that none is overwritten before it is used.
Result<UniqueFd> duplicate_high(int fd) {
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, kInherited));
    if (!copy.valid()) return errno_error("duplicate descriptor");
    return copy;
}

Result<std::pair<UniqueFd, UniqueFd>> make_high_pipe() {
    const auto pipe = TRY(make_pipe());
    UniqueFd reader = TRY(duplicate_high(pipe.first.get()));
    UniqueFd writer = TRY(duplicate_high(pipe.second.get()));
    return std::pair(std::move(reader), std::move(writer));
}

// What the child gets, held by the parent.
struct Handles {
    UniqueFd input, output, errors, control, program, owner;
    std::pair<UniqueFd, UniqueFd> status, go;  // reader, writer
};

Result<Handles> open_handles(const Program& program, const std::optional<UserSlot>& user) {
    const UniqueFd null = TRY(open_file("/dev/null", O_RDWR));
    const UniqueFd file(::open(program.path.c_str(), O_PATH | O_CLOEXEC));
    if (!file.valid()) return errno_error("start " + program.path);
    const UniqueFd owner(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!owner.valid()) return errno_error("pidfd_open");
    Handles handles;
    handles.input = TRY(duplicate_high(user ? user->lock() : null.get()));
    handles.output = TRY(duplicate_high(null.get()));
    handles.errors = TRY(duplicate_high(program.error_output));
    handles.control = TRY(duplicate_high(program.control));
    handles.program = TRY(duplicate_high(file.get()));
    handles.owner = TRY(duplicate_high(owner.get()));
    handles.status = TRY(make_high_pipe());
    handles.go = TRY(make_high_pipe());
    return handles;
}

ChildPlan plan_for(const Program& program, const Options& options, const Handles& handles,
                   const std::optional<UserSlot>& user) {
    ChildPlan plan;
    plan.descriptors = {handles.input.get(), handles.output.get(), handles.errors.get(),
                        handles.control.get()};
    plan.program = handles.program.get();
    plan.path = options.sees_files ? program.path.c_str() : nullptr;
    plan.status = handles.status.second.get();
    plan.go = handles.go.first.get();
    plan.go_writer = handles.go.second.get();
    plan.owner = handles.owner.get();
    plan.own_user = user.has_value();
    plan.change_user = user.has_value();
    plan.user = user ? user->id() : ::geteuid();
    plan.group = user ? user->id() : ::getegid();
    plan.empty_root = !options.sees_files;
    plan.file_bytes = options.file_bytes;
    return plan;
}

std::optional<UserSlot> claim_user(const Options& options, Report& report) {
    if (options.user_slots.empty() || ::geteuid() != 0) {
        report.miss(Layer::OwnUser, options.user_slots.empty() ? "not asked for" : "needs root");
        return std::nullopt;
    }
    auto slot = UserSlot::claim(options.user_slots);
    if (slot) return *std::move(slot);
    report.miss(Layer::OwnUser, slot.error().message());
    return std::nullopt;
}

// Nothing: the host gives none, and none was asked for by name.
Result<std::optional<cgroup::Group>> make_cgroup(const Options& options, Report& report) {
    std::optional<cgroup::Group> none;
    if (!options.cgroup) {
        report.miss(Layer::Cgroup,
                    ::geteuid() == 0 ? "not asked for" : "needs root, or --cgroup-parent");
        return none;
    }
    auto group = cgroup::Group::make(options.cgroup->place, options.cgroup->limits);
    if (group) return std::optional(*std::move(group));
    if (options.cgroup->required) return std::move(group).error();
    report.miss(Layer::Cgroup, group.error().message());
    return none;
}

// The monitor finds out for itself; this is the same kernel's same answer.
void look_for_landlock(Report& report) {
    if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
        report.miss(Layer::Landlock, std::generic_category().message(errno));
}

void end(const Child& child) {
    ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
    while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

// Cloned into its cgroup, or moved there where clone3 is refused, as many containers' filters do.
Result<Child> fork_with(std::uint64_t namespaces, const cgroup::Group* group) {
    if (group == nullptr) return fork_into(namespaces);
    if (auto child = fork_into(namespaces, group->fd()); child) return child;
    Child child = TRY(fork_into(namespaces));
    if (child.pid == 0) return child;
    if (auto taken = group->take(child.pid); !taken) {
        end(child);
        return std::move(taken).error();
    }
    return child;
}

// A child in `namespaces` that waits for its go. It is mapped if it has a user namespace.
Result<Child> make_child(ChildPlan plan, std::uint64_t namespaces, const cgroup::Group* group) {
    plan.user_namespace = (namespaces & CLONE_NEWUSER) != 0;
    plan.mount_namespace = (namespaces & CLONE_NEWNS) != 0;
    Child child = TRY(fork_with(namespaces, group));
    if (child.pid == 0) run_child(plan);
    if (!plan.user_namespace) return child;
    if (auto mapped = write_id_maps(child.pid, plan.user, plan.group); !mapped) {
        end(child);
        return std::move(mapped).error().context("user namespace");
    }
    return child;
}

// With all namespaces, or with those that this host gives.
Result<Child> make_child_with_most(const ChildPlan& plan, const cgroup::Group* group,
                                   Report& report) {
    auto child = make_child(plan, all_namespaces(), group);
    if (child) return child;
    std::uint64_t some = available_namespaces(all_namespaces(), report);
    child = make_child(plan, some, group);
    if (child || (some & CLONE_NEWUSER) == 0) return child;
    // A user namespace that is of no use: its ids cannot be mapped.
    report.miss(Layer::UserNamespace, child.error().message());
    some = available_namespaces(all_namespaces() & ~std::uint64_t{CLONE_NEWUSER}, report);
    return make_child(plan, some, group);
}

// Reads what the child tells, until it is the monitor or has failed.
Result<void> follow(const UniqueFd& status, const std::string& program, Report& report) {
    while (true) {
        Notice notice;
        const auto count = read_full(status.get(), std::as_writable_bytes(std::span(&notice, 1)));
        if (!count || *count != sizeof(notice)) return {};
        if (notice.kind == Notice::Kind::Fatal)
            return errno_error(notice.error, "start " + program);
        report.miss(notice.layer, std::generic_category().message(notice.error));
    }
}

Result<void> check_required(const Options& options, const Report& report) {
    if (!options.required || report.complete()) return {};
    return Error("a complete jail is required, but this host lacks: " + report.missing());
}

}  // namespace

Result<Prisoner> spawn(const Program& program, const Options& options) {
    Report report;
    look_for_landlock(report);
    auto user = claim_user(options, report);
    Handles handles = TRY(open_handles(program, user));
    const ChildPlan plan = plan_for(program, options, handles, user);
    if (options.sees_files) report.miss(Layer::EmptyRoot, "not asked for");
    if (!options.unconfined_starter.empty())
        report.miss(Layer::Supervisor, options.unconfined_starter);
    auto group = TRY(make_cgroup(options, report));
    Child child = TRY(make_child_with_most(plan, group ? &*group : nullptr, report));
    // Our copies would keep the pipes open.
    handles.status.second.reset();
    const char go = 1;
    auto started = write_full(handles.go.second.get(), std::as_bytes(std::span(&go, 1)));
    if (started) started = follow(handles.status.first, program.path, report);
    if (started) started = check_required(options, report);
    if (!started) {
        end(child);
        return std::move(started).error();
    }
    return Prisoner{child.pid, std::move(child.pidfd), std::move(report), std::move(user),
                    std::move(group)};
}

}  // namespace bulkhead::jail
