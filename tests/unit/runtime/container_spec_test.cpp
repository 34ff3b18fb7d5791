#include "host/runtime/container_spec.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "host/runtime/strict.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

using Words = std::vector<std::string>;

ContainerOptions options_with(Words arguments = {}) {
    ContainerOptions options;
    options.id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    options.arguments = std::move(arguments);
    return options;
}

ImageConfig image_with(Words entrypoint, Words command) {
    ImageConfig image;
    image.entrypoint = std::move(entrypoint);
    image.command = std::move(command);
    return image;
}

oci::v1::Spec spec_of(const ImageConfig& image, const ContainerOptions& options) {
    auto spec = build_spec(image, options, "x86_64");
    if (!spec) FAIL(spec.error().message());
    return *spec;
}

template <class Repeated>
Words words(const Repeated& field) {
    return Words(field.begin(), field.end());
}

const oci::v1::Mount* find_mount(const oci::v1::Spec& spec, const std::string& destination) {
    const auto found = std::find_if(
        spec.mounts().begin(), spec.mounts().end(),
        [&](const oci::v1::Mount& mount) { return mount.destination() == destination; });
    return found != spec.mounts().end() ? &*found : nullptr;
}

}  // namespace

TEST_CASE("the command is put together as docker does") {
    const ImageConfig image = image_with({"/entry"}, {"default"});
    CHECK(*command_line(image, options_with()) == Words{"/entry", "default"});
    CHECK(*command_line(image, options_with({"a", "b"})) == Words{"/entry", "a", "b"});
    ContainerOptions own = options_with();
    own.entrypoint = "/mine";
    CHECK(*command_line(image, own) == Words{"/mine"});
    own.arguments = {"x"};
    CHECK(*command_line(image, own) == Words{"/mine", "x"});
    own.entrypoint = "";
    CHECK(*command_line(image, own) == Words{"x"});
    own.arguments.clear();
    CHECK_FALSE(command_line(image, own));
    CHECK_FALSE(command_line({}, options_with()));
    CHECK_FALSE(command_line({}, options_with({""})));
}

TEST_CASE("the environment is default, image and user, in that order") {
    ImageConfig image = image_with({"/p"}, {});
    image.environment = {"PATH=/image", "A=image", "B=image", "C=image"};
    ContainerOptions options = options_with();
    options.environment = {"A=user", "C"};
    const auto env = words(spec_of(image, options).process().env());
    CHECK(env == Words{"PATH=/image", "HOSTNAME=0123456789ab", "A=user", "B=image"});
    options.terminal = TerminalSize{24, 80};
    const auto with_terminal = words(spec_of(image, options).process().env());
    CHECK(std::count(with_terminal.begin(), with_terminal.end(), "TERM=xterm") == 1);
    CHECK(words(spec_of(image_with({"/p"}, {}), options_with()).process().env()) ==
          Words{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOSTNAME=0123456789ab"});
}

TEST_CASE("user, directory and host name come from the flags, then from the image") {
    ImageConfig image = image_with({"/p"}, {});
    auto spec = spec_of(image, options_with());
    CHECK(spec.process().user().username() == "0");
    CHECK(spec.process().cwd() == "/");
    CHECK(spec.hostname() == "0123456789ab");
    image.user = "www-data";
    image.working_directory = "/srv/";
    spec = spec_of(image, options_with());
    CHECK(spec.process().user().username() == "www-data");
    CHECK(spec.process().cwd() == "/srv");
    ContainerOptions options = options_with();
    options.user = "1000:100";
    options.working_directory = "/opt/./x";
    options.hostname = "box";
    options.additional_groups = {"audio", "7"};
    spec = spec_of(image, options);
    CHECK(spec.process().user().username() == "1000:100");
    CHECK(words(spec.process().user().additional_groups()) == Words{"audio", "7"});
    CHECK(spec.process().cwd() == "/opt/x");
    CHECK(spec.hostname() == "box");
}

TEST_CASE("what the guest could not take is refused on the host") {
    const ImageConfig image = image_with({"/p"}, {});
    ContainerOptions options = options_with();
    options.working_directory = "relative";
    CHECK(build_spec(image, options, "x86_64").error().message() ==
          "the working directory 'relative' is invalid, it needs to be an absolute path");
    for (const char* hostname : {"has space", "-dash", "a/b"}) {
        options = options_with();
        options.hostname = hostname;
        CHECK_FALSE(build_spec(image, options, "x86_64"));
    }
    options = options_with({"bad \xFF byte"});
    CHECK_FALSE(build_spec(image, options, "x86_64"));
    options = options_with({std::string("zero\0byte", 9)});
    CHECK_FALSE(build_spec(image, options, "x86_64"));
    options = options_with();
    options.environment = {"A=\xC3"};
    CHECK_FALSE(build_spec(image, options, "x86_64"));
}

TEST_CASE("capabilities are bounding, effective and permitted, never inheritable or ambient") {
    ContainerOptions options = options_with();
    options.drop_capabilities = {"ALL"};
    options.add_capabilities = {"KILL"};
    const auto spec = spec_of(image_with({"/p"}, {}), options);
    const auto& capabilities = spec.process().capabilities();
    CHECK(words(capabilities.bounding()) == Words{"CAP_KILL"});
    CHECK(words(capabilities.effective()) == Words{"CAP_KILL"});
    CHECK(words(capabilities.permitted()) == Words{"CAP_KILL"});
    CHECK(capabilities.inheritable().empty());
    CHECK(capabilities.ambient().empty());
}

TEST_CASE("every container gets docker's mounts, in an order that works") {
    const auto spec = spec_of(image_with({"/p"}, {}), options_with());
    Words order;
    for (const auto& mount : spec.mounts()) order.push_back(mount.destination());
    CHECK(order ==
          Words{"/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm"});
    REQUIRE(find_mount(spec, "/sys") != nullptr);
    CHECK(words(find_mount(spec, "/sys")->options()) == Words{"nosuid", "noexec", "nodev", "ro"});
}

TEST_CASE("a tmpfs is mounted last, and replaces a default at its place") {
    ContainerOptions options = options_with();
    options.tmpfs = {*parse_tmpfs("/dev/shm:size=1k"), *parse_tmpfs("/tmp")};
    const auto spec = spec_of(image_with({"/p"}, {}), options);
    REQUIRE(spec.mounts_size() == 8);
    CHECK(spec.mounts(6).destination() == "/dev/shm");
    CHECK(words(spec.mounts(6).options()) == Words{"nosuid", "nodev", "noexec", "size=1024"});
    CHECK(spec.mounts(7).destination() == "/tmp");
}

TEST_CASE("kernel paths are hidden, namespaces made, devices there") {
    const auto spec = spec_of(image_with({"/p"}, {}), options_with());
    const auto masked = words(spec.linux().masked_paths());
    for (const char* path : {"/proc/kcore", "/proc/keys", "/sys/firmware", "/proc/interrupts"})
        CHECK(std::count(masked.begin(), masked.end(), path) == 1);
    CHECK(words(spec.linux().readonly_paths()) ==
          Words{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
    Words namespaces;
    for (const auto& each : spec.linux().namespaces()) namespaces.push_back(each.type());
    CHECK(namespaces == Words{"mount", "pid", "uts", "ipc", "cgroup"});
    CHECK(spec.linux().devices_size() == 6);
    CHECK_FALSE(spec.root_readonly());
}

TEST_CASE("ulimits replace the defaults of their kind, and the last one wins") {
    ContainerOptions options = options_with();
    options.ulimits = {*parse_ulimit("nofile=10:20"), *parse_ulimit("cpu=5"),
                       *parse_ulimit("nofile=30")};
    const auto spec = spec_of(image_with({"/p"}, {}), options);
    REQUIRE(spec.process().rlimits_size() == 4);
    CHECK(spec.process().rlimits(0).type() == "RLIMIT_NOFILE");
    CHECK(spec.process().rlimits(0).soft() == 30);
    CHECK(spec.process().rlimits(0).hard() == 30);
    CHECK(spec.process().rlimits(3).type() == "RLIMIT_CPU");
}

TEST_CASE("memory and CPUs become cgroup limits, and only when they are asked for") {
    ContainerOptions options = options_with();
    auto spec = spec_of(image_with({"/p"}, {}), options);
    CHECK_FALSE(spec.linux().resources().has_memory_limit_bytes());
    CHECK_FALSE(spec.linux().resources().has_cpu_quota_us());
    options.resources.memory_bytes = 64ULL << 20U;
    options.resources.cpus = NanoCpus{1'500'000'000};
    spec = spec_of(image_with({"/p"}, {}), options);
    CHECK(spec.linux().resources().memory_limit_bytes() == 64LL << 20U);
    CHECK(spec.linux().resources().cpu_period_us() == 100'000);
    CHECK(spec.linux().resources().cpu_quota_us() == 150'000);
    options.resources.cpus = NanoCpus{1};
    spec = spec_of(image_with({"/p"}, {}), options);
    CHECK(spec.linux().resources().cpu_quota_us() == 1000);
}

TEST_CASE("seccomp is the default profile, a given one, or none") {
    ContainerOptions options = options_with();
    options.no_new_privileges = true;
    auto spec = spec_of(image_with({"/p"}, {}), options);
    CHECK(spec.linux().seccomp().syscalls_size() > 10);
    CHECK(spec.process().no_new_privileges());
    options.seccomp_mode = SeccompMode::Unconfined;
    CHECK_FALSE(spec_of(image_with({"/p"}, {}), options).linux().has_seccomp());
    options.seccomp_mode = SeccompMode::Custom;
    options.seccomp_profile.default_action = "SCMP_ACT_ALLOW";
    spec = spec_of(image_with({"/p"}, {}), options);
    CHECK(spec.linux().seccomp().default_action() == "SCMP_ACT_ALLOW");
    CHECK(spec.linux().seccomp().syscalls_size() == 0);
}

TEST_CASE("a terminal has the size of the user's") {
    ContainerOptions options = options_with();
    CHECK_FALSE(spec_of(image_with({"/p"}, {}), options).process().terminal());
    options.terminal = TerminalSize{50, 132};
    const auto spec = spec_of(image_with({"/p"}, {}), options);
    CHECK(spec.process().terminal());
    CHECK(spec.process().console_size().height() == 50);
    CHECK(spec.process().console_size().width() == 132);
}

TEST_CASE("--privileged keeps nothing of the guest from the container") {
    ContainerOptions options = options_with();
    options.privileged = true;
    options.drop_capabilities = {"KILL"};
    const auto spec = spec_of(image_with({"/p"}, {}), options);
    CHECK(spec.process().capabilities().effective_size() == 40);
    CHECK_FALSE(spec.linux().has_seccomp());
    CHECK(spec.linux().masked_paths().empty());
    CHECK(spec.linux().readonly_paths().empty());
    CHECK(find_mount(spec, "/dev")->type() == "devtmpfs");
    CHECK(words(find_mount(spec, "/dev")->options()) == Words{"nosuid", "strictatime"});
    for (const char* path : {"/sys", "/sys/fs/cgroup"}) {
        const Words mount = words(find_mount(spec, path)->options());
        CHECK(std::count(mount.begin(), mount.end(), "ro") == 0);
    }
    options.seccomp_mode = SeccompMode::Custom;
    options.seccomp_profile.default_action = "SCMP_ACT_ALLOW";
    CHECK(spec_of(image_with({"/p"}, {}), options).linux().has_seccomp());
}

TEST_CASE("paths and cgroups can be opened by themselves") {
    ContainerOptions options = options_with();
    options.uncovered_paths = true;
    options.writable_cgroups = true;
    const auto spec = spec_of(image_with({"/p"}, {}), options);
    CHECK(spec.linux().masked_paths().empty());
    CHECK(spec.linux().readonly_paths().empty());
    const Words cgroup = words(find_mount(spec, "/sys/fs/cgroup")->options());
    CHECK(std::count(cgroup.begin(), cgroup.end(), "ro") == 0);
    const Words sys = words(find_mount(spec, "/sys")->options());
    CHECK(std::count(sys.begin(), sys.end(), "ro") == 1);
}

TEST_CASE("sysctls, annotations, domain, shared memory and the OOM score are in the spec") {
    ContainerOptions options = options_with();
    options.sysctls = {{"net.core.somaxconn", "42"}};
    options.annotations = {{"org.example", "yes"}};
    options.domainname = "example";
    options.shm_bytes = 1U << 20U;
    options.oom_score_adj = -5;
    const auto spec = spec_of(image_with({"/p"}, {}), options);
    CHECK(spec.linux().sysctl().at("net.core.somaxconn") == "42");
    CHECK(spec.annotations().at("org.example") == "yes");
    CHECK(spec.domainname() == "example");
    CHECK(spec.process().oom_score_adj() == -5);
    const Words shm = words(find_mount(spec, "/dev/shm")->options());
    CHECK(std::count(shm.begin(), shm.end(), "size=1048576") == 1);
    options.no_shm = true;
    CHECK(find_mount(spec_of(image_with({"/p"}, {}), options), "/dev/shm") == nullptr);
    options.domainname = "no domain";
    CHECK_FALSE(build_spec(image_with({"/p"}, {}), options, "x86_64"));
}

TEST_CASE("the strict profile: fewer capabilities, settings, no new privileges") {
    ContainerOptions options = options_with({"x"});
    CHECK_FALSE(spec_of({}, options).process().no_new_privileges());
    options.strict = true;
    const auto spec = spec_of({}, options);
    CHECK(spec.process().no_new_privileges());
    CHECK(spec.process().capabilities().bounding().size() == 8);
    CHECK(spec.linux().sysctl().at("user.max_user_namespaces") == "0");
    CHECK(spec.linux().sysctl().at("kernel.kptr_restrict") == "2");
    options.add_capabilities = {"NET_RAW"};
    CHECK(spec_of({}, options).process().capabilities().bounding().size() == 9);
}

TEST_CASE("what would take the strict profile back is refused") {
    const auto refuses = [](auto change) {
        ContainerOptions options = options_with({"x"});
        change(options);
        if (!check_strict(options)) return false;  // alone it is fine
        options.strict = true;
        return !check_strict(options) && !build_spec({}, options, "x86_64");
    };
    CHECK(refuses([](ContainerOptions& options) { options.privileged = true; }));
    CHECK(
        refuses([](ContainerOptions& options) { options.seccomp_mode = SeccompMode::Unconfined; }));
    CHECK(refuses([](ContainerOptions& options) { options.seccomp_mode = SeccompMode::Custom; }));
    CHECK(refuses([](ContainerOptions& options) { options.no_new_privileges = false; }));
    CHECK(refuses([](ContainerOptions& options) { options.uncovered_paths = true; }));
    CHECK(refuses([](ContainerOptions& options) { options.writable_cgroups = true; }));
    CHECK(
        refuses([](ContainerOptions& options) { options.sysctls["kernel.kptr_restrict"] = "0"; }));
    CHECK_FALSE(refuses([](ContainerOptions& options) { options.no_new_privileges = true; }));
    CHECK_FALSE(
        refuses([](ContainerOptions& options) { options.sysctls["kernel.kptr_restrict"] = "2"; }));
    CHECK_FALSE(refuses([](ContainerOptions& options) { options.sysctls["vm.swappiness"] = "2"; }));
}

}  // namespace bulkhead::runtime
