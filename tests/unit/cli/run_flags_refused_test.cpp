// What run and create refuse, and why.
#include <catch2/catch.hpp>

#include "tools/bulkhead/run_flags.h"

namespace bulkhead::cli {

namespace {

Result<void> parse(RunFlags& flags, const Words& words) {
    const Words rest = TRY(parse_flags(words, run_flags(flags), Placement::BeforeArguments));
    return take_run_arguments("run", rest, flags);
}

}  // namespace

TEST_CASE("what a machine of one's own does not have is refused with a reason") {
    const std::vector<std::pair<Words, std::string>> cases = {
        {{"-p", "80:80"}, "no network"},
        {{"-P"}, "no network"},
        {{"--expose", "80"}, "no network"},
        {{"--link", "a"}, "no network"},
        {{"--ip", "1.2.3.4"}, "no network"},
        {{"--mac-address", "02::"}, "no network"},
        {{"--network", "host"}, "\"none\" is what there is"},
        {{"--network", "web"}, "no network"},
        {{"-v", "/a:/b"}, "shared"},
        {{"--volumes-from", "a"}, "shared"},
        {{"--mount", "type=bind,src=/a,dst=/b"}, "not supported"},
        {{"--device", "/dev/fuse"}, "not passed"},
        {{"--gpus", "all"}, "not passed"},
        {{"--memory-swappiness", "10"}, "swappiness"},
        {{"--oom-kill-disable"}, "OOM killer"},
        {{"--blkio-weight", "10"}, "weights"},
        {{"--cpuset-mems", "1"}, "one memory node"},
        {{"--ipc", "host"}, "machine of its own"},
        {{"--pid", "host"}, "machine of its own"},
        {{"--uts", "host"}, "machine of its own"},
        {{"--userns", "host"}, "machine of its own"},
        {{"--cgroupns", "host"}, "machine of its own"},
        {{"--pull", "always"}, "no registry"},
        {{"--pull", "often"}, "must be one of"},
        {{"--log-driver", "none"}, "cannot be turned off"},
        {{"--security-opt", "apparmor=docker-default"}, "no AppArmor"},
        {{"--security-opt", "label=type:x"}, "no SELinux"},
        {{"--detach-keys", "ctrl-1"}, "unknown character"},
        {{"--sysctl", "a.b"}, "want KEY=VALUE"},
        {{"--use-api-socket"}, "unknown flag"},
        {{"--attach", "stdlog"}, "valid streams"}};
    for (const auto& [words, reason] : cases) {
        INFO(words[0]);
        RunFlags flags;
        Words line = words;
        line.emplace_back("i");
        const auto parsed = parse(flags, line);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message().find(reason) != std::string::npos);
    }
}

TEST_CASE("flags that exclude each other") {
    const std::vector<std::pair<Words, std::string>> cases = {
        {{"--rm", "--restart", "always", "i"}, "cannot specify both --restart and --rm"},
        {{"--no-healthcheck", "--health-cmd", "x", "i"}, "--no-healthcheck conflicts"},
        {{"-d", "-a", "stdout", "i"}, "cannot specify both"},
        {{"--log-opt", "max-file=2", "i"}, "requires max-size"},
        {{"--security", "strict", "--privileged", "i"}, "--security strict and --privileged"},
        {{"--security", "strict", "--security-opt", "init-on-alloc=false", "i"}, "strict and init"},
        {{"--config", "c", "--security", "strict"}, "--security cannot be used"},
        {{"--config", "c", "-e", "A=1"}, "--env cannot be used"}};
    for (const auto& [words, reason] : cases) {
        RunFlags flags;
        REQUIRE(parse(flags, words));
        const auto checked = check_run_flags(flags);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().message().find(reason) != std::string::npos);
    }
    RunFlags never;
    REQUIRE(parse(never, {"--rm", "--restart", "no", "i"}));
    CHECK(check_run_flags(never));
    RunFlags bundle;
    CHECK_FALSE(parse(bundle, {"--config", "c", "image"}));
}

}  // namespace bulkhead::cli
