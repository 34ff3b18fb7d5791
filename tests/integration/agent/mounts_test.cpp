#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

oci::v1::Mount& add_mount(v1::StartRequest& request, const std::string& destination,
                          const std::string& type, const std::string& source,
                          std::initializer_list<const char*> options) {
    auto* mount = request.mutable_spec()->add_mounts();
    mount->set_destination(destination);
    mount->set_type(type);
    mount->set_source(source);
    for (const char* option : options) mount->add_options(option);
    return *mount;
}

TEST_CASE("/dev has the usual nodes and links") {
    AgentFixture agent;
    const auto outcome = agent.run_script(
        "for n in null zero full random urandom tty; do test -c /dev/$n || echo no $n; done; "
        "for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done; stat -c %a /dev/null; "
        "echo x >/dev/full");
    CHECK(outcome.output ==
          "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n666\n");
    CHECK(outcome.errors.find("No space left") != std::string::npos);
}

TEST_CASE("a further device is made with the mode and owner asked for") {
    AgentFixture agent;
    auto request = AgentFixture::shell("stat -c '%F %t %T %a %u %g' /dev/net/tun");
    auto* device = request.mutable_spec()->mutable_linux()->add_devices();
    device->set_path("/dev/net/tun");
    device->set_type("c");
    device->set_major(10);
    device->set_minor(200);
    device->set_file_mode(0640);
    device->set_uid(3);
    device->set_gid(4);
    CHECK(agent.run(request).output == "character special file a c8 640 3 4\n");
}

TEST_CASE("mount options take effect") {
    AgentFixture agent;
    auto request = AgentFixture::shell("grep ' /data ' /proc/self/mounts; echo x >/data/x");
    add_mount(request, "/data", "tmpfs", "tmpfs", {"ro", "nosuid", "noexec", "size=1m"});
    const auto outcome = agent.run(request);
    CHECK(outcome.output.find("ro,nosuid,noexec") != std::string::npos);
    CHECK(outcome.output.find("size=1024k") != std::string::npos);
    CHECK(outcome.errors.find("Read-only file system") != std::string::npos);
}

TEST_CASE("a tmpfs keeps the mode of the directory it covers") {
    AgentFixture agent;
    auto request = AgentFixture::shell("stat -c %a /tmp /new");
    add_mount(request, "/tmp", "tmpfs", "tmpfs", {});
    add_mount(request, "/new", "tmpfs", "tmpfs", {});
    CHECK(agent.run(request).output == "1777\n755\n");
}

TEST_CASE("a mount over a link of the image lands inside the container") {
    AgentFixture agent;
    std::filesystem::create_symlink("/../../../outside", agent.root.path() / "var");
    auto request = AgentFixture::shell("grep -c ' /outside/lib ' /proc/self/mounts");
    add_mount(request, "/var/lib", "tmpfs", "tmpfs", {});
    CHECK(agent.run(request).output == "1\n");
    CHECK_FALSE(std::filesystem::exists("/outside"));
}

TEST_CASE("a directory and a file can be bound, also read-only") {
    AgentFixture agent;
    BusyboxRoot source;
    source.write("share/file", "shared\n");
    auto request = AgentFixture::shell("cat /mnt/file /one; echo x >/one; echo more >>/mnt/file");
    add_mount(request, "/mnt", "bind", source.path() / "share", {"rbind", "rprivate"});
    add_mount(request, "/one", "bind", source.path() / "share/file", {"bind", "ro"});
    const auto outcome = agent.run(request);
    CHECK(outcome.output == "shared\nshared\n");
    CHECK(outcome.errors.find("Read-only file system") != std::string::npos);
    CHECK(source.read("share/file") == "shared\nmore\n");
}

TEST_CASE("injected files cover the image's, and leave the image alone") {
    AgentFixture agent;
    agent.root.write("etc/hosts", "image\n");
    std::filesystem::create_symlink("../run/resolve/stub", agent.root.path() / "etc/resolv.conf");
    auto request = AgentFixture::shell(
        "cat /etc/hosts /etc/resolv.conf; stat -c %a /etc/hosts; echo mine >>/etc/hosts");
    for (const auto& [path, content] :
         {std::pair("/etc/hosts", "injected\n"), std::pair("/etc/resolv.conf", "nameserver\n")}) {
        auto* file = request.add_files();
        file->set_path(path);
        file->set_content(content);
        file->set_mode(0640);
    }
    const auto outcome = agent.run(request);
    CHECK(outcome.output == "injected\nnameserver\n640\n");
    CHECK(outcome.errors.empty());
    CHECK(agent.root.read("etc/hosts") == "image\n");
}

TEST_CASE("a read-only root refuses writes, its mounts do not") {
    AgentFixture agent;
    auto request = AgentFixture::shell(
        "touch /file; touch /tmp/file && echo tmp; cat /etc/hosts; echo x >/etc/hosts");
    request.mutable_spec()->set_root_readonly(true);
    add_mount(request, "/tmp", "tmpfs", "tmpfs", {});
    auto* file = request.add_files();
    file->set_path("/etc/hosts");
    file->set_content("hosts\n");
    file->set_mode(0644);
    const auto outcome = agent.run(request);
    CHECK(outcome.output == "tmp\nhosts\n");
    CHECK(outcome.errors.find("touch: /file: Read-only file system") != std::string::npos);
    CHECK(outcome.errors.find("/etc/hosts: Read-only file system") != std::string::npos);
}

TEST_CASE("masked paths show nothing, read-only ones refuse writes, missing ones are skipped") {
    AgentFixture agent;
    agent.root.write("secret/file", "secret\n");
    agent.root.write("other/file", "secret\n");
    agent.root.write("plain", "secret\n");
    auto request = AgentFixture::shell(
        "ls -A /secret /other | grep -v :; cat /plain; echo x >/secret/new; echo 1 "
        ">/proc/sys/kernel/msgmax");
    auto* linux = request.mutable_spec()->mutable_linux();
    for (const char* path : {"/secret", "/other", "/plain", "/missing", "/plain/below"})
        linux->add_masked_paths(path);
    for (const char* path : {"/proc/sys", "/missing"}) linux->add_readonly_paths(path);
    const auto outcome = agent.run(request);
    CHECK(outcome.output.find("secret") == std::string::npos);
    CHECK(outcome.output.find("file") == std::string::npos);
    CHECK(outcome.errors.find("/secret/new: Read-only file system") != std::string::npos);
    CHECK(outcome.errors.find("msgmax: Read-only file system") != std::string::npos);
}

TEST_CASE("sysctls are set in the container's own namespaces") {
    AgentFixture agent;
    auto request = AgentFixture::shell("cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward");
    auto& sysctl = *request.mutable_spec()->mutable_linux()->mutable_sysctl();
    sysctl["kernel.msgmax"] = "4321";
    sysctl["net.ipv4.ip_forward"] = "1";
    CHECK(agent.run(request).output == "4321\n1\n");
}

}  // namespace
}  // namespace bulkhead::agent::test
