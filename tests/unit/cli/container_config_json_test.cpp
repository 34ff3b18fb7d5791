// What flags come to in `inspect`: parsed, kept in the container's configuration, shown.
#include "tools/bulkhead/container_config_json.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "host/runtime/container_spec.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/asked.h"
#include "tools/bulkhead/container_policies.h"

using namespace bulkhead;
using namespace bulkhead::cli;

namespace {

struct Shown {
    Json config;
    Json host;
};

// As `create` does it, with an image that has an entrypoint and a command.
Shown shown(Words words) {
    RunFlags flags;
    words.emplace_back("image");
    const auto rest = parse_flags(words, create_flags(flags), Placement::BeforeArguments);
    REQUIRE(rest);
    REQUIRE(take_run_arguments("create", *rest, flags));
    flags.container.id = std::string(64, 'a');
    const runtime::ImageConfig image{{"/entry"}, {"given"}, {}, "", ""};
    container::v1::Config config;
    auto spec = runtime::build_spec(image, flags.container, "x86_64");
    REQUIRE(spec);
    *config.mutable_spec() = *spec;
    set_asked(flags, image, *config.mutable_asked());
    REQUIRE(set_policies(flags, {}, config));
    return {config_json(config), host_config_json(config)};
}

}  // namespace

TEST_CASE("the image's words, or the user's", "[cli]") {
    CHECK(shown({}).config["Entrypoint"] == Json({"/entry"}));
    CHECK(shown({}).config["Cmd"] == Json({"given"}));
    const Json own = shown({"--entrypoint", "mine"}).config;
    CHECK(own["Entrypoint"] == Json({"mine"}));
    CHECK(own["Cmd"].is_null());
}

TEST_CASE("a number of CPUs is shown as one, a quota as a quota", "[cli]") {
    const Json cpus = shown({"--cpus", "1.5"}).host;
    CHECK(cpus["NanoCpus"] == 1'500'000'000);
    CHECK(cpus["CpuQuota"] == 0);
    const Json quota = shown({"--cpu-period", "50000", "--cpu-quota", "20000"}).host;
    CHECK(quota["NanoCpus"] == 0);
    CHECK(quota["CpuPeriod"] == 50000);
    CHECK(quota["CpuQuota"] == 20000);
}

TEST_CASE("confinement as it was asked for, by full names", "[cli]") {
    const Json host = shown({"--cap-add", "net_admin", "--cap-drop", "all", "--security-opt",
                             "no-new-privileges", "--sysctl", "a.b=c", "--ulimit", "nofile=1:2"})
                          .host;
    CHECK(host["CapAdd"] == Json({"CAP_NET_ADMIN"}));
    CHECK(host["CapDrop"] == Json({"ALL"}));
    CHECK(host["SecurityOpt"] == Json({"no-new-privileges"}));
    CHECK(host["Sysctls"] == Json({{"a.b", "c"}}));
    CHECK(host["Privileged"] == false);
    const Json nofile = {{"Name", "nofile"}, {"Soft", 1}, {"Hard", 2}};
    const Json& limits = host["Ulimits"];
    CHECK(std::find(limits.begin(), limits.end(), nofile) != limits.end());
    CHECK(shown({}).host["CapAdd"].is_null());
}

TEST_CASE("names, streams, files", "[cli]") {
    const Shown all = shown({"--add-host", "db:10.1.2.3", "--dns", "192.0.2.1", "--tmpfs",
                             "/s:size=1m", "--shm-size", "3m", "-i"});
    CHECK(all.host["ExtraHosts"] == Json({"db:10.1.2.3"}));
    CHECK(all.host["Dns"] == Json({"192.0.2.1"}));
    CHECK(all.host["ShmSize"] == 3 << 20);
    CHECK(all.host["Tmpfs"].contains("/s"));
    CHECK(all.config["AttachStdin"] == true);
    CHECK(all.config["OpenStdin"] == true);
    CHECK(shown({}).config["AttachStdin"] == false);
    CHECK(shown({"--log-opt", "max-size=5k"}).host["LogConfig"]["Config"] ==
          Json({{"max-size", "5120"}}));
}

TEST_CASE("health checks in docker's form", "[cli]") {
    CHECK(shown({}).config["Healthcheck"].is_null());
    CHECK(shown({"--no-healthcheck"}).config["Healthcheck"] == Json({{"Test", {"NONE"}}}));
    const Json check =
        shown({"--health-cmd", "test -e /x", "--health-retries", "2"}).config["Healthcheck"];
    CHECK(check["Test"] == Json({"CMD-SHELL", "test -e /x"}));
    CHECK(check["Retries"] == 2);
}

TEST_CASE("a stop signal has its name", "[cli]") {
    CHECK(shown({}).config["StopSignal"] == "SIGTERM");
    CHECK(shown({"--stop-signal", "10"}).config["StopSignal"] == "SIGUSR1");
}
