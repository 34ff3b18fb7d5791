#include "tools/bulkhead/run_flags.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

namespace bulkhead::cli {

namespace {

Result<void> parse(RunFlags& flags, const Words& words) {
    const Words rest = TRY(parse_flags(words, run_flags(flags), Placement::BeforeArguments));
    return take_run_arguments("run", rest, flags);
}

std::optional<std::string> nothing(const std::string& /*name*/) {
    return std::nullopt;
}

}  // namespace

TEST_CASE("without flags a run has docker's defaults") {
    RunFlags flags;
    REQUIRE(parse(flags, {"busybox"}));
    CHECK(flags.image == "busybox");
    CHECK(flags.container.arguments.empty());
    CHECK_FALSE(flags.interactive);
    CHECK_FALSE(flags.terminal);
    CHECK_FALSE(flags.auto_remove);
    CHECK_FALSE(flags.container.entrypoint);
    CHECK_FALSE(flags.container.resources.memory_bytes);
    CHECK_FALSE(flags.container.resources.cpus);
    CHECK(flags.disk_bytes == std::uint64_t{10} << 30U);
    CHECK(flags.container.seccomp_mode == runtime::SeccompMode::Default);
}

TEST_CASE("every flag of run lands where it belongs") {
    RunFlags flags;
    REQUIRE(parse(flags, {"--rm",
                          "-it",
                          "--name",
                          "web",
                          "-e",
                          "A=1",
                          "--env-file",
                          "/f",
                          "-w",
                          "/srv",
                          "-u",
                          "1:2",
                          "--group-add",
                          "9",
                          "--entrypoint",
                          "",
                          "--hostname",
                          "box",
                          "-m",
                          "64m",
                          "--cpus",
                          "1.5",
                          "--read-only",
                          "--tmpfs",
                          "/tmp",
                          "--cap-add",
                          "ALL",
                          "--cap-drop=KILL",
                          "--ulimit",
                          "nofile=5",
                          "--security-opt",
                          "no-new-privileges",
                          "--security-opt",
                          "seccomp=unconfined",
                          "--security-opt",
                          "jail=required",
                          "--kernel",
                          "/k",
                          "--kernel-args",
                          "a b",
                          "--trace",
                          "/t",
                          "--console",
                          "--disk-size",
                          "1g",
                          "--start-timeout",
                          "5s",
                          "--template",
                          "never",
                          "image",
                          "cmd",
                          "-x"}));
    const auto& container = flags.container;
    CHECK(flags.auto_remove);
    CHECK(flags.jail_required);
    CHECK(flags.template_use == TemplateUse::Never);
    CHECK(flags.interactive);
    CHECK(flags.terminal);
    CHECK(flags.name == "web");
    CHECK(flags.env_flags == Words{"A=1"});
    CHECK(flags.env_files == Words{"/f"});
    CHECK(container.working_directory == "/srv");
    CHECK(container.user == "1:2");
    CHECK(container.additional_groups == Words{"9"});
    REQUIRE(container.entrypoint);
    CHECK(container.entrypoint->empty());
    CHECK(container.hostname == "box");
    CHECK(container.resources.memory_bytes == 64U << 20U);
    CHECK(container.resources.cpus->value == 1'500'000'000);
    CHECK(container.read_only_root);
    CHECK(container.tmpfs.at(0).destination == "/tmp");
    CHECK(container.add_capabilities == Words{"ALL"});
    CHECK(container.drop_capabilities == Words{"KILL"});
    CHECK(container.ulimits.at(0).soft == 5);
    CHECK(container.no_new_privileges == true);
    CHECK(container.seccomp_mode == runtime::SeccompMode::Unconfined);
    CHECK(flags.kernel == "/k");
    CHECK(flags.kernel_arguments == "a b");
    CHECK(flags.trace_file == "/t");
    CHECK(flags.show_console);
    CHECK(flags.disk_bytes == 1U << 30U);
    CHECK(flags.start_timeout == std::chrono::seconds(5));
    CHECK(flags.image == "image");
    CHECK(container.arguments == Words{"cmd", "-x"});
}

TEST_CASE("storage-opt is docker's way to say the disk's size") {
    RunFlags flags;
    REQUIRE(parse(flags, {"--storage-opt", "size=2G", "i"}));
    CHECK(flags.disk_bytes == std::uint64_t{2} << 30U);
    CHECK_FALSE(parse(flags, {"--storage-opt", "colour=red", "i"}));
}

TEST_CASE("bad values are refused with the flag's name") {
    for (const Words& words : std::vector<Words>{{"-m", "much", "i"},
                                                 {"--cpus", "0", "i"},
                                                 {"--tmpfs", "tmp", "i"},
                                                 {"--ulimit", "x=1", "i"},
                                                 {"--security-opt", "apparmor=x", "i"},
                                                 {"--security-opt", "seccomp=/nonexistent", "i"},
                                                 {"--security-opt", "jail=off", "i"},
                                                 {"--template", "always", "i"},
                                                 {"--start-timeout", "0", "i"},
                                                 {"--start-timeout", "soon", "i"}}) {
        RunFlags flags;
        const auto parsed = parse(flags, words);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message().find(words[0]) != std::string::npos);
    }
    RunFlags flags;
    CHECK_FALSE(parse(flags, {"--rm"}));
}

TEST_CASE("beside a checkpoint there are only flags that are not part of what was saved") {
    RunFlags flags;
    REQUIRE(parse(flags, {"--from", "one", "-d", "--rm", "--name", "two", "--cidfile", "/tmp/id",
                          "--start-timeout", "5s"}));
    CHECK(flags.from == "one");
    CHECK(flags.image.empty());
    CHECK(check_run_flags(flags));
    RunFlags with_image;
    CHECK_FALSE(parse(with_image, {"--from", "one", "busybox"}));
    for (const Words& words : std::vector<Words>{{"-m", "1g"},
                                                 {"-t"},
                                                 {"--read-only"},
                                                 {"--restart", "always"},
                                                 {"--console"},
                                                 {"--kernel", "/k"},
                                                 {"--template", "never"}}) {
        RunFlags bad;
        Words all{"--from", "one"};
        all.insert(all.end(), words.begin(), words.end());
        REQUIRE(parse(bad, all));
        const auto checked = check_run_flags(bad);
        REQUIRE_FALSE(checked);
        CHECK_THAT(checked.error().message(), Catch::Contains("cannot be used beside it"));
    }
    RunFlags without;
    REQUIRE(parse(without, {"-m", "1g", "busybox"}));
    CHECK(check_run_flags(without));
}

TEST_CASE("what becomes of the container: background, labels, the way to stop") {
    RunFlags flags;
    REQUIRE(parse(flags, {"-d", "-l", "a=b=c", "--label", "only", "--stop-signal", "SIGINT",
                          "--stop-timeout", "30", "--cidfile", "/tmp/id", "i"}));
    CHECK(flags.detach);
    CHECK(flags.labels == std::map<std::string, std::string>{{"a", "b=c"}, {"only", ""}});
    CHECK(flags.stop_signal == SIGINT);
    CHECK(flags.stop_timeout_seconds == 30);
    CHECK(flags.cid_file == "/tmp/id");
    RunFlags usual;
    REQUIRE(parse(usual, {"i"}));
    CHECK_FALSE(usual.stop_signal);
    CHECK(usual.stop_timeout_seconds == 10);
    for (const Words& words : std::vector<Words>{{"--label", "=x", "i"},
                                                 {"--stop-signal", "SIGNOTHING", "i"},
                                                 {"--stop-timeout", "-1", "i"}}) {
        RunFlags bad;
        CHECK_FALSE(parse(bad, words));
    }
}

TEST_CASE("memory and CPUs are bounded") {
    RunFlags flags;
    REQUIRE(parse(flags, {"-m", "5m", "i"}));
    CHECK(check_run_flags(flags).error().message() == "Minimum memory limit allowed is 6MB");
    RunFlags cpus;
    REQUIRE(parse(cpus, {"--cpus", "31.5", "i"}));
    CHECK(check_run_flags(cpus));
    RunFlags many;
    REQUIRE(parse(many, {"--cpus", "32.5", "i"}));
    CHECK(check_run_flags(many).error().message() ==
          "range of CPUs is from 0.01 to 32.00, the most that a machine can have");
}

TEST_CASE("env files come before -e, whatever their order") {
    std::string path = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
    ::close(::mkstemp(path.data()));
    std::ofstream(path) << "A=file\nB=file\n";
    RunFlags flags;
    REQUIRE(parse(flags, {"-e", "A=flag", "--env-file", path, "i"}));
    REQUIRE(load_environment(flags, nothing));
    CHECK(flags.container.environment == Words{"A=file", "B=file", "A=flag"});
    ::unlink(path.c_str());
    RunFlags missing;
    REQUIRE(parse(missing, {"--env-file", path, "i"}));
    CHECK_FALSE(load_environment(missing, nothing));
}

TEST_CASE("a seccomp profile is read from a file") {
    std::string path = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
    ::close(::mkstemp(path.data()));
    std::ofstream(path) << R"({"defaultAction": "SCMP_ACT_ALLOW"})";
    RunFlags flags;
    REQUIRE(parse(flags, {"--security-opt", "seccomp=" + path, "i"}));
    CHECK(flags.container.seccomp_mode == runtime::SeccompMode::Custom);
    CHECK(flags.container.seccomp_profile.default_action == "SCMP_ACT_ALLOW");
    ::unlink(path.c_str());
}

TEST_CASE("limits, policies and health land where they belong") {
    RunFlags flags;
    REQUIRE(parse(flags, {"--init",
                          "--privileged",
                          "--sysctl",
                          "a.b=1",
                          "--shm-size",
                          "1m",
                          "--pids-limit",
                          "-1",
                          "--add-host",
                          "a:1.2.3.4",
                          "--dns",
                          "1.1.1.1",
                          "--dns-search",
                          "x.org",
                          "--dns-option",
                          "ndots:1",
                          "-h",
                          "box",
                          "--domainname",
                          "org",
                          "--annotation",
                          "k=v=w",
                          "--log-driver",
                          "json-file",
                          "--log-opt",
                          "max-size=1m",
                          "--log-opt",
                          "max-file=2",
                          "--restart",
                          "on-failure:3",
                          "--health-cmd",
                          "true",
                          "--health-interval",
                          "1m",
                          "--health-retries",
                          "2",
                          "--ttl",
                          "1h",
                          "--idle-timeout",
                          "90s",
                          "--memory",
                          "64m",
                          "--memory-swap",
                          "-1",
                          "--memory-reservation",
                          "32m",
                          "-c",
                          "100",
                          "--cpu-quota",
                          "5000",
                          "--cpuset-cpus",
                          "0-1",
                          "--cpuset-mems",
                          "0",
                          "--oom-score-adj",
                          "-7",
                          "--ipc",
                          "none",
                          "--pid",
                          "private",
                          "--network",
                          "none",
                          "--memory-swappiness",
                          "-1",
                          "--oom-kill-disable=false",
                          "--security-opt",
                          "apparmor=unconfined",
                          "--security-opt",
                          "label=disable",
                          "--security-opt",
                          "systempaths=unconfined",
                          "--mount",
                          "type=tmpfs,dst=/x",
                          "-a",
                          "STDOUT",
                          "--sig-proxy=false",
                          "--detach-keys",
                          "ctrl-a,b",
                          "--pull",
                          "never",
                          "--platform",
                          "linux/amd64",
                          "i"}));
    REQUIRE(check_run_flags(flags));
    const auto& container = flags.container;
    CHECK(flags.init);
    CHECK(container.privileged);
    CHECK(container.sysctls.at("a.b") == "1");
    CHECK(container.shm_bytes == 1U << 20U);
    CHECK(container.resources.pids_limit == -1);
    CHECK(container.hosts.at(0).address == "1.2.3.4");
    CHECK(container.resolver.servers == Words{"1.1.1.1"});
    CHECK(container.resolver.search == Words{"x.org"});
    CHECK(container.resolver.options == Words{"ndots:1"});
    CHECK(container.hostname == "box");
    CHECK(container.domainname == "org");
    CHECK(container.annotations.at("k") == "v=w");
    CHECK(flags.log.file_bytes == 1U << 20U);
    CHECK(flags.log.files == 2);
    CHECK(flags.restart.when == runtime::RestartPolicy::When::OnFailure);
    CHECK(flags.restart.most == 3);
    CHECK(flags.health.test == Words{"CMD-SHELL", "true"});
    CHECK(flags.health.interval == std::chrono::minutes(1));
    CHECK(flags.health.retries == 2U);
    CHECK(flags.ttl == std::chrono::hours(1));
    CHECK(flags.idle_timeout == std::chrono::seconds(90));
    CHECK(container.resources.memory_swap_bytes == -1);
    CHECK(container.resources.memory_reservation_bytes == 32U << 20U);
    CHECK(container.resources.cpu_shares == 100U);
    CHECK(container.resources.cpu_quota_us == 5000);
    CHECK(container.resources.cpuset_cpus == "0-1");
    CHECK(container.oom_score_adj == -7);
    CHECK(container.no_shm);
    CHECK(container.uncovered_paths);
    CHECK(container.tmpfs.at(0).destination == "/x");
    CHECK(flags.attach == Words{"stdout"});
    CHECK_FALSE(flags.pass_signals);
    CHECK(flags.pull == Pull::Never);
    CHECK(flags.platform == "linux/amd64");
}

TEST_CASE("labels come from files, and flags win over them") {
    std::string path = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
    ::close(::mkstemp(path.data()));
    std::ofstream(path) << "# mine\na=file\nb=file\nonly\n";
    RunFlags flags;
    REQUIRE(parse(flags, {"--label", "a=flag", "--label-file", path, "i"}));
    REQUIRE(load_labels(flags));
    CHECK(flags.labels ==
          std::map<std::string, std::string>{{"a", "flag"}, {"b", "file"}, {"only", ""}});
    ::unlink(path.c_str());
    CHECK_FALSE(load_labels(flags));
}

TEST_CASE("the help text is in groups, and leaves out what is refused") {
    RunFlags flags;
    const std::string text = flags_help(run_flags(flags));
    for (const char* heading : {"The command:\n", "The container:\n", "The process:\n", "Limits:\n",
                                "Health:\n", "The machine:\n"})
        CHECK(text.find(heading) != std::string::npos);
    CHECK(text.find("--volume") == std::string::npos);
    CHECK(text.find("--publish") == std::string::npos);
}

}  // namespace bulkhead::cli
