#include "host/runtime/bundle.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

using Json = nlohmann::json;

Json smallest() {
    return Json::parse(R"({
        "ociVersion": "1.0.2",
        "root": {"path": "rootfs"},
        "process": {"cwd": "/", "args": ["sh"]},
        "linux": {"namespaces": [{"type": "mount"}]}
    })");
}

Result<oci::v1::Spec> parse(const Json& json) {
    oci::v1::Spec spec;
    TRY(parse_bundle_config(json.dump(), "x86_64", spec));
    return spec;
}

oci::v1::Spec parsed(const Json& json) {
    auto spec = parse(json);
    if (!spec) FAIL(spec.error().message());
    return *std::move(spec);
}

// The error of the smallest config with one value put in.
std::string refusal(const std::string& pointer, const std::string& value) {
    Json json = smallest();
    json[Json::json_pointer(pointer)] = Json::parse(value);
    const auto spec = parse(json);
    return spec ? "" : spec.error().message();
}

}  // namespace

TEST_CASE("bundle: the smallest config") {
    oci::v1::Spec spec;
    CHECK(*parse_bundle_config(smallest().dump(), "x86_64", spec) == "rootfs");
    CHECK(spec.process().args(0) == "sh");
    CHECK_FALSE(spec.root_readonly());
    CHECK(spec.linux().namespaces(0).type() == "mount");
}

TEST_CASE("bundle: everything that a process can be told") {
    Json json = smallest();
    json["process"] = Json::parse(R"({
        "terminal": true, "consoleSize": {"height": 25, "width": 80},
        "user": {"uid": 1, "gid": 2, "umask": 63, "additionalGids": [5, 6]},
        "args": ["a", "b"], "env": ["A=1"], "cwd": "/srv",
        "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL", "CAP_OF_TOMORROW"],
                         "permitted": ["CAP_KILL"], "inheritable": ["CAP_CHOWN"],
                         "ambient": ["CAP_CHOWN"]},
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 2, "soft": 1}],
        "noNewPrivileges": true, "oomScoreAdj": -7, "apparmorProfile": "unconfined",
        "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 3},
        "scheduler": {"policy": "SCHED_FIFO", "priority": 5, "flags": ["SCHED_FLAG_RECLAIM"],
                      "nice": -4, "runtime": 1, "deadline": 2, "period": 3}
    })");
    const oci::v1::Process process = parsed(json).process();
    CHECK(process.terminal());
    CHECK(process.console_size().width() == 80);
    CHECK(process.user().uid() == 1);
    CHECK(process.user().umask() == 077);
    CHECK(process.user().additional_gids(1) == 6);
    CHECK(process.user().username().empty());
    CHECK(process.args(1) == "b");
    CHECK(process.env(0) == "A=1");
    CHECK(process.capabilities().effective_size() == 1);  // what does not exist is left out
    CHECK(process.capabilities().ambient(0) == "CAP_CHOWN");
    CHECK(process.capabilities().inheritable(0) == "CAP_CHOWN");
    CHECK(process.rlimits(0).hard() == 2);
    CHECK(process.no_new_privileges());
    CHECK(process.oom_score_adj() == -7);
    CHECK(process.io_priority().priority() == 3);
    CHECK(process.scheduler().nice() == -4);
    CHECK(process.scheduler().period_ns() == 3);
}

TEST_CASE("bundle: everything about the container and its machine") {
    Json json = smallest();
    json["root"]["readonly"] = true;
    json["hostname"] = "box";
    json["domainname"] = "org";
    json["annotations"] = {{"a", "b"}};
    json["mounts"] = Json::parse(R"([
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/s", "type": "none", "source": "/sys", "options": ["rbind", "ro"]}])");
    json["hooks"] = Json::parse(R"({"createContainer": [{"path": "/h", "args": ["h", "x"],
        "env": ["E=1"], "timeout": 3}], "poststop": [{"path": "/p"}], "prestart": []})");
    json["linux"] = Json::parse(R"({
        "namespaces": [{"type": "mount"}, {"type": "user"}, {"type": "time"}],
        "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
        "gidMappings": [{"containerID": 0, "hostID": 2000, "size": 10}],
        "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229,
                     "fileMode": 438, "uid": 1, "gid": 2}],
        "cgroupsPath": "/ignored", "rootfsPropagation": "shared",
        "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"],
        "sysctl": {"net.core.somaxconn": "99"},
        "personality": {"domain": "LINUX32"},
        "timeOffsets": {"boottime": {"secs": -5, "nanosecs": 7}},
        "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                    "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5,
                    "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]},
        "resources": {
            "devices": [{"allow": false, "access": "rwm"}],
            "memory": {"limit": 67108864, "swap": 134217728, "reservation": 1048576},
            "cpu": {"shares": 512, "quota": 50000, "period": 100000, "burst": 10, "idle": 0,
                    "cpus": "0-1", "mems": "0"},
            "pids": {"limit": 10}, "hugepageLimits": [], "blockIO": {},
            "unified": {"memory.high": "60000000"}}
    })");
    const oci::v1::Spec spec = parsed(json);
    CHECK(spec.root_readonly());
    CHECK(spec.hostname() == "box");
    CHECK(spec.domainname() == "org");
    CHECK(spec.annotations().at("a") == "b");
    CHECK(spec.mounts(1).options(0) == "rbind");
    CHECK(spec.hooks().create_container(0).timeout_seconds() == 3);
    CHECK(spec.hooks().create_container(0).args(1) == "x");
    CHECK(spec.hooks().poststop(0).path() == "/p");
    const oci::v1::Linux& linux = spec.linux();
    CHECK(linux.uid_mappings(0).host_id() == 1000);
    CHECK(linux.gid_mappings(0).size() == 10);
    CHECK(linux.devices(0).file_mode() == 0666);
    CHECK(linux.devices(0).gid() == 2);
    CHECK(linux.rootfs_propagation() == "shared");
    CHECK(linux.masked_paths(0) == "/proc/kcore");
    CHECK(linux.readonly_paths(0) == "/proc/sys");
    CHECK(linux.sysctl().at("net.core.somaxconn") == "99");
    CHECK(linux.personality_domain() == "LINUX32");
    CHECK(linux.time_offsets().at("boottime").seconds() == -5);
    CHECK(linux.seccomp().syscalls(0).errno_ret() == 5);
    CHECK(linux.resources().memory_swap_bytes() == 134217728);
    CHECK(linux.resources().cpu_burst_us() == 10);
    CHECK(linux.resources().cpuset_mems() == "0");
    CHECK(linux.resources().pids_limit() == 10);
    CHECK(linux.resources().unified().at("memory.high") == "60000000");
}

TEST_CASE("bundle: versions are SemVer, and 1.x") {
    for (const char* good : {"\"1.0.0\"", "\"1.1.0-rc.1\"", "\"1.2.1\"", "\"1.0.2+dev\""})
        CHECK(refusal("/ociVersion", good).empty());
    for (const char* bad : {"\"2.0.0\"", "\"0.9.0\"", "\"1.0\"", "\"1\"", "\"\"", "\"1.0.0x\"",
                            "\"one\"", "\"1..0\"", "1", "null"})
        CHECK(refusal("/ociVersion", bad).starts_with("ociVersion: "));
}

TEST_CASE("bundle: wrong types are named with their path") {
    const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
        {"/root", "[]", "root: not an object"},
        {"/root/path", "5", "root.path: not a string"},
        {"/root/readonly", "\"yes\"", "root.readonly: not true or false"},
        {"/process/args", "\"sh\"", "process.args: not a list"},
        {"/process/args", "[\"a\", 5]", "process.args[1]: not a string"},
        {"/process/args", "[]", "process.args: missing"},
        {"/process/cwd", "\"tmp\"", "process.cwd: not an absolute path"},
        {"/process/user", "{\"uid\": -1}", "process.user.uid: outside 0 to 4294967295"},
        {"/process/user", "{\"uid\": 1.5}", "process.user.uid: not an integer"},
        {"/process/user", "{\"additionalGids\": [-1]}", "process.user.additionalGids: not a list"},
        {"/process/rlimits", "[{\"type\": \"NOFILE\"}]", "process.rlimits[0].type: not an RLIMIT_"},
        {"/process/rlimits", R"([{"type": "RLIMIT_CPU"}, {"type": "RLIMIT_CPU"}])",
         "process.rlimits[1].type: RLIMIT_CPU twice"},
        {"/process/oomScoreAdj", "1001", "process.oomScoreAdj: outside -1000 to 1000"},
        {"/process/env", "[\"a\\u0000b\"]", "process.env[0]: has a zero character"},
        {"/hostname", "{}", "hostname: not a string"},
        {"/mounts", "[{\"type\": \"proc\"}]", "mounts[0].destination: not an absolute path"},
        {"/mounts", "[[]]", "mounts[0]: not an object"},
        {"/linux/namespaces", "[]", "linux.namespaces: \"mount\" is missing"},
        {"/linux/namespaces", "[{\"type\": \"cake\"}]", "linux.namespaces[0].type: there is no"},
        {"/linux/sysctl", "{\"a\": 1}", "linux.sysctl.a: not a string"},
        {"/linux/devices", "[{\"path\": \"/d\", \"type\": \"x\"}]", "linux.devices[0].type: not"},
        {"/linux/devices", "[{\"path\": \"/d\", \"type\": \"c\", \"major\": 99999}]",
         "linux.devices[0].major: outside"},
        {"/linux/seccomp", "{}", "linux.seccomp: "},
        {"/linux/resources", "{\"memory\": {\"limit\": 18446744073709551615}}",
         "linux.resources.memory.limit: outside"},
        {"/linux/timeOffsets", "{\"boottime\": 5}", "linux.timeOffsets.boottime: not an object"},
        {"/hooks", "{\"poststop\": [{\"path\": \"h\"}]}", "hooks.poststop[0].path: not an abs"}};
    for (const auto& [pointer, value, message] : cases) {
        INFO(pointer << " " << value);
        CHECK(refusal(pointer, value).starts_with(message));
    }
}

TEST_CASE("bundle: what a machine of one's own does not have is refused with its path") {
    const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
        {"/linux/namespaces", R"([{"type": "network", "path": "/run/netns/x"}])",
         "linux.namespaces[0].path: a namespace of the host"},
        {"/mounts", R"([{"destination": "/d", "type": "bind", "source": "/home"}])",
         "mounts[0].source: \"/home\" is the host's"},
        {"/mounts", R"([{"destination": "/d", "source": "/proc/../etc", "options": ["rbind"]}])",
         "mounts[0].source: "},
        {"/mounts", R"([{"destination": "/d", "source": "/processes", "options": ["bind"]}])",
         "mounts[0].source: "},
        {"/mounts", R"([{"destination": "/d", "type": "tmpfs", "options": ["idmap"]}])",
         "mounts[0].options: "},
        {"/hooks", R"({"createRuntime": [{"path": "/h"}]})", "hooks.createRuntime: "},
        {"/hooks", R"({"prestart": [{"path": "/h"}]})", "hooks.prestart: "},
        {"/process/apparmorProfile", "\"docker-default\"", "process.apparmorProfile: "},
        {"/process/selinuxLabel", "\"a:b:c\"", "process.selinuxLabel: "},
        {"/linux/mountLabel", "\"x\"", "linux.mountLabel: "},
        {"/linux/intelRdt", "{}", "linux.intelRdt: "},
        {"/linux/resources", R"({"hugepageLimits": [{"pageSize": "2MB", "limit": 1}]})",
         "linux.resources.hugepageLimits: "},
        {"/linux/resources", R"({"blockIO": {"weight": 10}})", "linux.resources.blockIO: "},
        {"/linux/resources", R"({"network": {"classID": 1}})", "linux.resources.network: "},
        {"/linux/resources", R"({"memory": {"swappiness": 10}})",
         "linux.resources.memory.swappiness: "},
        {"/linux/resources", R"({"cpu": {"realtimeRuntime": 10}})",
         "linux.resources.cpu.realtimeRuntime: "},
        {"/linux/seccomp", R"({"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"})",
         "linux.seccomp: "}};
    for (const auto& [pointer, value, message] : cases) {
        INFO(pointer << " " << value);
        CHECK(refusal(pointer, value).starts_with(message));
    }
}

TEST_CASE("bundle: unknown members are ignored, and nonsense is refused") {
    Json json = smallest();
    json["windows"] = {{"x", 1}};
    json["linux"]["future"] = Json::array({1, 2});
    CHECK(parse(json));
    oci::v1::Spec spec;
    CHECK_FALSE(parse_bundle_config("", "x86_64", spec));
    CHECK_FALSE(parse_bundle_config("[]", "x86_64", spec));
    CHECK_FALSE(parse_bundle_config("{\"a\": \"\xff\"}", "x86_64", spec));
    CHECK_FALSE(parse_bundle_config(std::string(100'000, '['), "x86_64", spec));
    CHECK_FALSE(parse_bundle_config(std::string(5U << 20U, ' '), "x86_64", spec));
}

TEST_CASE("bundle: it is found by its directory or its file, and needs its root") {
    namespace fs = std::filesystem;
    std::string folder = (fs::temp_directory_path() / "bundle-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    fs::create_directory(folder + "/rootfs");
    std::ofstream(folder + "/config.json") << smallest().dump();
    oci::v1::Spec spec;
    CHECK(*load_bundle(folder, "x86_64", spec) == fs::canonical(folder + "/rootfs").string());
    oci::v1::Spec again;
    CHECK(load_bundle(folder + "/config.json", "x86_64", again));
    fs::remove(folder + "/rootfs");
    oci::v1::Spec none;
    const auto missing = load_bundle(folder, "x86_64", none);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message().find("root.path") != std::string::npos);
    fs::remove_all(folder);
    CHECK_FALSE(load_bundle(folder, "x86_64", none));
}

}  // namespace bulkhead::runtime
