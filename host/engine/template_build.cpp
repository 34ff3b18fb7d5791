#include "host/engine/template_build.h"

#include <sys/signalfd.h>

#include <csignal>
#include <utility>

#include "base/event_loop.h"
#include "host/engine/launch_plan.h"
#include "host/engine/machine_limits.h"
#include "host/templates/builder.h"
#include "host/templates/slots.h"
#include "host/templates/store.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

using templates::Builder;

Result<UniqueFd> watch_end_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return errno_error("block signals");
    UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals.valid()) return errno_error("signalfd");
    return signals;
}

Result<Builder::Plan> make_plan(const HostFiles& files, const container::v1::Config& config,
                                const sandbox::Launch& boot, const std::string& id) {
    constexpr std::size_t kNameDigits = 12;
    Builder::Plan plan;
    plan.vm.program = files.monitor;
    plan.vm.jail.required = config.machine().jail_required();
    if (auto place = container_place(config, "template-" + id.substr(0, kNameDigits))) {
        plan.vm.jail.cgroup = {*std::move(place), machine_limits(config, boot.shape, {}),
                               !config.machine().cgroup_parent().empty()};
    }
    plan.launch = TRY(templates::template_launch(boot));
    plan.timeout = std::chrono::nanoseconds(config.machine().start_timeout_ns());
    return plan;
}

Result<void> run_builder(Builder::Plan plan, templates::NewTemplate made) {
    const UniqueFd signals = TRY(watch_end_signals());
    EventLoop loop;
    Result<void> outcome = Error("interrupted");
    const auto stop =
        loop.watch(signals.get(), EventLoop::Interest::Read, [&loop] { loop.stop(); });
    const auto builder = TRY(Builder::begin(loop, std::move(plan), std::move(made),
                                            {[](auto, auto&) {},
                                             [&](Result<void> built) {
                                                 outcome = std::move(built);
                                                 loop.stop();
                                             }}));
    loop.run();
    return outcome;
}

}  // namespace

Result<BuiltTemplate> build_template(const state::Paths& paths, const HostFiles& files,
                                     const container::v1::Config& config) {
    const sandbox::Launch boot = TRY(make_boot(config.machine(), files));
    const templates::Paths from{kernel_of(config.machine(), files), files.initramfs, files.monitor};
    const templates::Host host = TRY(templates::this_host());
    const templates::Key key = TRY(templates::key_of(boot, from, host));
    TRY(state::make_directories(paths.root));
    const templates::Store store(templates::store_path(paths.root));
    const std::string id = key.id();
    if (TRY(store.find(id))) return BuiltTemplate{id, true};
    auto made = TRY(store.begin(key));
    if (!made) return Error("another template is being made: try again when it is there");
    if (TRY(store.find(id))) return BuiltTemplate{id, true};
    Builder::Plan plan = TRY(make_plan(files, config, boot, id));
    TRY(run_builder(std::move(plan), *std::move(made)));
    return BuiltTemplate{id, false};
}

}  // namespace bulkhead::engine
