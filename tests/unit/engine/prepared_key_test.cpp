#include "host/engine/prepared_key.h"

#include <functional>
#include <set>

#include "tests/unit/engine/image_container.h"

namespace bulkhead::engine {

namespace {

using test::Container;
using test::kSecret;
using Place = test::ImagePlace;
using Change = std::function<void(Container&)>;

}  // namespace

TEST_CASE("what a start brings along is not part of what is prepared") {
    const Place place;
    const Container container(place);
    const auto key = container.key();
    CHECK(key.container.size() == 64);
    REQUIRE(key.image.size() == 2);
    CHECK(key.image[0] == templates::identity_of(place.file("layer")).value());
    CHECK(key.image[1] == templates::identity_of(place.file("index")).value());
    const Change changes[] = {
        [](Container& c) { c.id = "another"; },
        [](Container& c) { c.spec().set_hostname("another"); },
        [](Container& c) { c.spec().mutable_process()->add_args("another"); },
        [](Container& c) { c.spec().mutable_process()->set_args(0, "another"); },
        [](Container& c) { c.spec().mutable_process()->set_program("/another"); },
        [](Container& c) { c.spec().mutable_process()->add_env("OTHER=1"); },
        [](Container& c) { c.spec().mutable_process()->set_env(1, "PATH=/"); },
        [](Container& c) { c.spec().mutable_process()->mutable_user()->set_username("root"); },
        [](Container& c) { c.spec().mutable_process()->set_no_new_privileges(true); },
        [](Container& c) { c.spec().mutable_process()->add_rlimits()->set_type("RLIMIT_CORE"); },
        [](Container& c) {
            c.spec().mutable_process()->mutable_capabilities()->add_bounding("CAP_KILL");
        },
        [](Container& c) { c.spec().mutable_process()->mutable_console_size()->set_width(80); },
        [](Container& c) { c.config.mutable_files(0)->set_content("another"); },
        [](Container& c) { c.device_limits.read_bytes = 4096; },
        [](Container& c) { c.config.set_auto_remove(true); },
        [](Container& c) { c.config.set_stdin_once(true); },
        [](Container& c) { (*c.config.mutable_labels())["label"] = "another"; },
        [](Container& c) { c.config.set_image("another-name"); }};
    for (std::size_t i = 0; i < std::size(changes); ++i) {
        CAPTURE(i);
        Container other(place);
        changes[i](other);
        CHECK(other.key() == key);
    }
}

TEST_CASE("what was prepared differs for each of its parts") {
    const Place place;
    const Change changes[] = {
        [](Container& c) { c.spec().mutable_mounts(0)->set_destination("/other"); },
        [](Container& c) { c.spec().mutable_mounts(0)->add_options("ro"); },
        [](Container& c) { c.spec().clear_mounts(); },
        [](Container& c) { c.spec().mutable_process()->set_cwd("/other"); },
        [](Container& c) { c.spec().mutable_process()->set_terminal(true); },
        [](Container& c) { c.spec().mutable_process()->set_oom_score_adj(5); },
        [](Container& c) { c.spec().set_root_readonly(true); },
        [](Container& c) { c.spec().set_domainname("other"); },
        [](Container& c) { (*c.spec().mutable_annotations())["a"] = "b"; },
        [](Container& c) { c.spec().mutable_linux()->mutable_resources()->set_pids_limit(101); },
        [](Container& c) {
            c.spec().mutable_linux()->mutable_seccomp()->set_default_action("SCMP_ACT_ERRNO");
        },
        [](Container& c) { c.spec().mutable_linux()->clear_seccomp(); },
        [](Container& c) { c.spec().mutable_linux()->add_masked_paths("/proc/kcore"); },
        [](Container& c) { c.spec().mutable_linux()->add_namespaces()->set_type("user"); },
        [](Container& c) { (*c.spec().mutable_linux()->mutable_sysctl())["net.b"] = "3"; },
        [](Container& c) { c.config.set_open_stdin(true); },
        [](Container& c) { c.config.set_init(true); },
        [](Container& c) { c.config.mutable_files(0)->set_path("/etc/other"); },
        [](Container& c) { c.config.mutable_files(0)->set_mode(0600); },
        [](Container& c) { c.config.mutable_files()->RemoveLast(); },
        [](Container& c) { c.config.mutable_machine()->set_disk_bytes(4096); },
        [](Container& c) { c.extent_bytes = 1024; }};
    std::set<std::string> digests = {Container(place).key().container};
    for (std::size_t i = 0; i < std::size(changes); ++i) {
        CAPTURE(i);
        Container other(place);
        changes[i](other);
        const auto key = other.key();
        CHECK(key.image == Container(place).key().image);
        CHECK(digests.insert(key.container).second);
    }
    // The same, in whatever order a map has it.
    for (int i = 0; i < 20; ++i)
        CHECK_FALSE(digests.insert(Container(place).key().container).second);
    // A disk that begins as another one.
    place.write("disk.ext4", "another empty disk");
    const auto formatted =
        prepared_key(Container(place).plan(), Container(place).config, Container(place).files());
    REQUIRE(formatted);
    CHECK(digests.insert(formatted->container).second);
}

TEST_CASE("an image's template is of the files that its container has open") {
    const Place place;
    const Container container(place);
    const auto key = container.key();
    const auto plan = container.plan();
    std::filesystem::rename(place.file("layer"), place.file("old"));
    place.write("layer", "layer");
    const auto opened = prepared_key(plan, container.config, container.files());
    REQUIRE(opened);
    CHECK(opened->image.at(0).inode == key.image.at(0).inode);
    CHECK(container.key().image.at(0).inode != key.image.at(0).inode);
    CHECK(container.key().container == key.container);
}

TEST_CASE("without an image, or without a disk to begin with, there is no key") {
    const Place place;
    Container container(place);
    container.image.clear();
    CHECK_FALSE(prepared_key(container.plan(), container.config, container.files()));
    const Container other(place);
    std::filesystem::remove(place.file("disk.ext4"));
    CHECK_FALSE(prepared_key(other.plan(), other.config, other.files()));
}

TEST_CASE("who prepares a container for others tells them nothing of it") {
    const Place place;
    Container container(place);
    REQUIRE(container.start().SerializeAsString().find(kSecret) != std::string::npos);
    CHECK(container.prepared().find(kSecret) == std::string::npos);
    CHECK(container.prepared().find("XPATH") == std::string::npos);

    const auto request = prepared_request(container.start(), container.config);
    const auto& process = request.spec().process();
    REQUIRE(process.args_size() == 1);
    CHECK(process.args(0) == "program");
    REQUIRE(process.env_size() == 1);
    CHECK(process.env(0) == "PATH=/bin:/usr/bin");
    CHECK(process.cwd() == "/srv");
    CHECK(process.user().username() == "app");
    CHECK(request.spec().hostname().empty());
    CHECK(request.container_id().empty());
    CHECK_FALSE(request.prepared());
    REQUIRE(request.files_size() == 2);
    CHECK(request.files(0).path() == "/etc/hostname");
    CHECK(request.spec().mounts_size() == 1);
    CHECK(request.spec().linux().seccomp().default_action() == "SCMP_ACT_ALLOW");
    CHECK(request.root().upper_serial() == protocol::kUpperSerial);

    container.spec().mutable_process()->clear_args();
    container.spec().mutable_process()->clear_env();
    const auto bare = prepared_request(container.start(), container.config);
    CHECK(bare.spec().process().args_size() == 0);
    CHECK(bare.spec().process().env_size() == 0);
}

TEST_CASE("a container is prepared with the streams that its start will have") {
    const Place place;
    Container container(place);
    const auto streams = [&container] {
        const auto request = prepared_request(container.start(), container.config);
        return std::array{request.streams().stdin_port() != 0, request.streams().stdout_port() != 0,
                          request.streams().stderr_port() != 0};
    };
    CHECK(streams() == std::array{false, true, true});
    container.config.set_open_stdin(true);
    CHECK(streams() == std::array{true, true, true});
    container.spec().mutable_process()->set_terminal(true);
    CHECK(streams() == std::array{true, true, false});
}

TEST_CASE("what has hooks, no image, or a checkpoint to go on from is not prepared") {
    const Place place;
    CHECK(can_be_prepared(Container(place).config));
    const Change changes[] = {
        [](Container& c) { c.spec().mutable_hooks()->add_create_container(); },
        [](Container& c) { c.spec().mutable_hooks()->add_start_container(); },
        [](Container& c) { c.spec().mutable_hooks()->add_poststart(); },
        [](Container& c) { c.spec().mutable_hooks()->add_poststop(); },
        [](Container& c) { c.config.set_root_directory("/bundle"); },
        [](Container& c) { c.config.set_restore_from("checkpoint"); }};
    for (const Change& change : changes) {
        Container other(place);
        change(other);
        CHECK_FALSE(can_be_prepared(other.config));
    }
}

}  // namespace bulkhead::engine
