#include "guest-agent/spec/validate.h"

#include <functional>

#include <catch2/catch.hpp>

#include "guest-agent/spec/limits.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

v1::StartRequest good() {
    v1::StartRequest request;
    request.mutable_root()->set_lower_serial("lower");
    auto* spec = request.mutable_spec();
    spec->mutable_process()->add_args("/bin/true");
    spec->mutable_process()->set_cwd("/");
    spec->mutable_linux()->add_namespaces()->set_type("mount");
    spec->mutable_linux()->add_namespaces()->set_type("pid");
    return request;
}

// The error after one change to a good request.
std::string error_after(const std::function<void(v1::StartRequest&)>& change) {
    auto request = good();
    change(request);
    const auto checked = validate(request);
    return checked.ok() ? "" : checked.error().message();
}

TEST_CASE("validation: a plain request passes") {
    CHECK(validate(good()).ok());
}

TEST_CASE("validation: a program is needed") {
    CHECK(error_after([](auto& request) {
              request.mutable_spec()->mutable_process()->clear_args();
          }) == "process: no program to start");
    CHECK(error_after([](auto& request) {
              request.mutable_spec()->mutable_process()->set_args(0, "");
          }) == "process: no program to start");
}

TEST_CASE("validation: NUL bytes are refused wherever a system call would stop at them") {
    const std::string nul("a\0b", 3);
    CHECK_FALSE(
        error_after([&](auto& r) { r.mutable_spec()->mutable_process()->add_args(nul); }).empty());
    CHECK_FALSE(
        error_after([&](auto& r) { r.mutable_spec()->mutable_process()->add_env(nul); }).empty());
    CHECK_FALSE(error_after([&](auto& r) { r.mutable_spec()->set_hostname(nul); }).empty());
    CHECK_FALSE(error_after([&](auto& r) { r.add_files()->set_path("/" + nul); }).empty());
    CHECK_FALSE(error_after([&](auto& r) {
                    r.mutable_spec()->add_mounts()->set_destination("/" + nul);
                }).empty());
}

TEST_CASE("validation: mount targets are absolute and below the root") {
    for (const char* bad : {"", "proc", "/", "//", "/.", "/..", "/../.."}) {
        CHECK_FALSE(error_after([&](auto& r) {
                        r.mutable_spec()->add_mounts()->set_destination(bad);
                    }).empty());
    }
    CHECK(error_after([](auto& r) {
              r.mutable_spec()->add_mounts()->set_destination("/proc");
          }).empty());
}

TEST_CASE("validation: counts and sizes are bounded") {
    CHECK_FALSE(
        error_after([](auto& r) { r.set_entropy(std::string(kMaxEntropy + 1, 'x')); }).empty());
    CHECK_FALSE(
        error_after([](auto& r) { r.mutable_spec()->set_hostname(std::string(65, 'h')); }).empty());
    CHECK_FALSE(error_after([](auto& r) {
                    auto* file = r.add_files();
                    file->set_path("/etc/hosts");
                    file->set_content(std::string(kMaxInjectedBytes + 1, 'x'));
                }).empty());
    CHECK_FALSE(error_after([](auto& r) {
                    for (std::size_t i = 0; i <= kMaxEntries; ++i) {
                        r.mutable_spec()->add_mounts()->set_destination("/a");
                    }
                }).empty());
    CHECK_FALSE(error_after([](auto& r) {
                    r.mutable_spec()->mutable_process()->add_args(std::string(128 * 1024 + 1, 'x'));
                }).empty());
}

TEST_CASE("validation: namespaces are known, named once, and include mount") {
    const auto add = [](const char* type) {
        return [type](v1::StartRequest& r) {
            r.mutable_spec()->mutable_linux()->add_namespaces()->set_type(type);
        };
    };
    CHECK(error_after(add("cake")) == "namespaces: unknown type \"cake\"");
    CHECK(error_after(add("time")).empty());
    CHECK(error_after(add("pid")) == "namespaces: \"pid\" twice");
    CHECK(error_after(add("user")).empty());
    CHECK(error_after([](auto& r) { r.mutable_spec()->mutable_linux()->clear_namespaces(); }) ==
          "namespaces: \"mount\" is required");
}

TEST_CASE("validation: id mappings need a user namespace") {
    CHECK(error_after([](auto& r) { r.mutable_spec()->mutable_linux()->add_uid_mappings(); }) ==
          "id mappings without a user namespace");
}

TEST_CASE("validation: names of capabilities and limits are known") {
    CHECK(error_after([](auto& r) {
              r.mutable_spec()->mutable_process()->mutable_capabilities()->add_ambient("CAP_FLY");
          }) == "process: unknown capability \"CAP_FLY\"");
    CHECK(error_after([](auto& r) {
              r.mutable_spec()->mutable_process()->add_rlimits()->set_type("RLIMIT_FUN");
          }) == "process: unknown resource limit \"RLIMIT_FUN\"");
    CHECK_FALSE(error_after([](auto& r) {
                    auto* limit = r.mutable_spec()->mutable_process()->add_rlimits();
                    limit->set_type("RLIMIT_CORE");
                    limit->set_soft(2);
                    limit->set_hard(1);
                }).empty());
}

TEST_CASE("validation: sysctl names stay below /proc/sys") {
    const auto with = [](const char* key) {
        return error_after([key](v1::StartRequest& r) {
            (*r.mutable_spec()->mutable_linux()->mutable_sysctl())[key] = "1";
        });
    };
    CHECK(with("net.ipv4.ip_forward").empty());
    CHECK(with("net/ipv4/conf/eth0.1/forwarding").empty());
    for (const char* bad :
         {"", "/etc/passwd", "../kcore", "net/../../kcore", "a b", "net/./x", "a\n"}) {
        CHECK_FALSE(with(bad).empty());
    }
}

TEST_CASE("validation: devices have a known type and numbers that fit") {
    const auto with = [](const char* type, std::int64_t major, std::int64_t minor) {
        return error_after([=](v1::StartRequest& r) {
            auto* device = r.mutable_spec()->mutable_linux()->add_devices();
            device->set_path("/dev/x");
            device->set_type(type);
            device->set_major(major);
            device->set_minor(minor);
        });
    };
    CHECK(with("c", 10, 229).empty());
    CHECK_FALSE(with("", 1, 1).empty());
    CHECK_FALSE(with("d", 1, 1).empty());
    CHECK_FALSE(with("c", -1, 1).empty());
    CHECK_FALSE(with("c", 4096, 1).empty());
    CHECK_FALSE(with("c", 1, 1 << 20).empty());
}

TEST_CASE("validation: disks are named by serials that virtio-blk can have") {
    CHECK_FALSE(error_after([](auto& r) { r.mutable_root()->clear_lower_serial(); }).empty());
    CHECK_FALSE(error_after([](auto& r) {
                    r.mutable_root()->set_lower_serial(std::string(21, 's'));
                }).empty());
    CHECK_FALSE(error_after([](auto& r) { r.mutable_root()->set_upper_serial(""); }).empty());
}

TEST_CASE("validation: a terminal has no stream for errors") {
    CHECK_FALSE(error_after([](auto& r) {
                    r.mutable_spec()->mutable_process()->set_terminal(true);
                    r.mutable_streams()->set_stderr_port(5);
                }).empty());
}

TEST_CASE("validation: an exec needs an id of its own") {
    v1::ExecRequest request;
    request.mutable_process()->add_args("sh");
    CHECK_FALSE(validate(request).ok());
    request.set_id("init");
    CHECK_FALSE(validate(request).ok());
    request.set_id("exec-1");
    CHECK(validate(request).ok());
    request.mutable_process()->set_cwd("relative");
    CHECK_FALSE(validate(request).ok());
}

TEST_CASE("validation: a resource limit is there once") {
    CHECK(error_after([](auto& request) {
              auto& process = *request.mutable_spec()->mutable_process();
              process.add_rlimits()->set_type("RLIMIT_CPU");
              process.add_rlimits()->set_type("RLIMIT_CPU");
          }) == "process: RLIMIT_CPU twice");
}

TEST_CASE("validation: time offsets need a time namespace, and clocks that have one") {
    const auto with_offset = [](const char* clock, std::uint32_t nanoseconds) {
        return [clock, nanoseconds](v1::StartRequest& request) {
            auto& linux = *request.mutable_spec()->mutable_linux();
            linux.add_namespaces()->set_type("time");
            (*linux.mutable_time_offsets())[clock].set_nanoseconds(nanoseconds);
        };
    };
    CHECK(error_after(with_offset("monotonic", 999'999'999)).empty());
    CHECK(error_after(with_offset("realtime", 0)).find("only the clocks") != std::string::npos);
    CHECK(error_after(with_offset("boottime", 1'000'000'000)).find("out of range") !=
          std::string::npos);
    CHECK(error_after([](auto& request) {
              (*request.mutable_spec()->mutable_linux()->mutable_time_offsets())["boottime"];
          }) == "time offsets without a time namespace");
}

TEST_CASE("validation: the names of seccomp rules are counted over all rules") {
    const auto with_names = [](int names) {
        return [names](v1::StartRequest& request) {
            auto& seccomp = *request.mutable_spec()->mutable_linux()->mutable_seccomp();
            seccomp.add_syscalls()->set_names("read write");
            std::string text;
            for (int i = 2; i < names; ++i) text += "x ";
            seccomp.add_syscalls()->set_names(text);
        };
    };
    CHECK(error_after(with_names(4096)).empty());
    CHECK(error_after(with_names(4097)) == "seccomp: too many names");
}

TEST_CASE("validation: hooks have absolute paths, and no more words than there is room for") {
    const auto with_hook = [](const std::string& path, int words) {
        return [path, words](v1::StartRequest& request) {
            auto& hook = *request.mutable_spec()->mutable_hooks()->add_poststop();
            hook.set_path(path);
            for (int i = 0; i < words; ++i) hook.add_args("x");
        };
    };
    CHECK(error_after(with_hook("/bin/true", 3)).empty());
    CHECK(error_after(with_hook("bin/true", 3)).find("hooks: path") != std::string::npos);
    CHECK(error_after(with_hook("/bin/true", 5000)).find("hooks: args") != std::string::npos);
}

}  // namespace
}  // namespace bulkhead::agent
