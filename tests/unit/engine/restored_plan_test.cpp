#include "host/engine/restored_plan.h"

#include <fcntl.h>

#include "base/syscalls.h"
#include "host/engine/container_config.h"
#include "host/templates/slots.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"
#include "tests/unit/checkpoints/sample.h"

namespace bulkhead::engine {

namespace {

using templates::test::Place;

const std::string kOther(64, 'b');

UniqueFd null_file() {
    return open_file("/dev/null", O_RDONLY).value();
}

container::v1::Config config() {
    container::v1::Config config;
    config.set_image("busybox");
    config.set_image_id("sha256:1");
    config.mutable_spec()->set_hostname(std::string(12, 'a'));
    auto& hosts = *config.add_files();
    hosts.set_path("/etc/hosts");
    hosts.set_content("127.0.0.1 localhost\n127.0.1.1 aaaaaaaaaaaa.lan aaaaaaaaaaaa\n");
    return config;
}

checkpoints::Checkpoint checkpoint(const Place& place, const container::v1::Config& saved) {
    REQUIRE(save_config(place.file(""), saved));
    return {.entry = checkpoints::test::sample(place),
            .directory = place.file(""),
            .snapshot = {null_file(), null_file()},
            .disk = null_file()};
}

sandbox::SandboxPlan plan(std::size_t disks) {
    sandbox::SandboxPlan plan;
    plan.start = std::make_unique<agent::v1::StartRequest>();
    plan.start->set_container_id(kOther);
    plan.launch.kernel = null_file();
    plan.launch.initrd = null_file();
    for (std::size_t i = 0; i < disks; ++i) {
        plan.launch.disks.push_back(templates::empty_slot(i));
        plan.launch.disks.back().extents.push_back({0, 0, 512});
    }
    return plan;
}

}  // namespace

TEST_CASE("a clone is called after itself, unless somebody chose its name") {
    const Place place;
    auto restored = restored_config(checkpoint(place, config()), "one", kOther);
    REQUIRE(restored);
    CHECK(restored->restore_from() == "one");
    CHECK(restored->spec().hostname() == "bbbbbbbbbbbb");
    CHECK(restored->files(0).content() ==
          "127.0.0.1 localhost\n127.0.1.1 bbbbbbbbbbbb.lan bbbbbbbbbbbb\n");
    auto chosen = config();
    chosen.mutable_spec()->set_hostname("chosen");
    restored = restored_config(checkpoint(place, chosen), "one", kOther);
    REQUIRE(restored);
    CHECK(restored->spec().hostname() == "chosen");
    CHECK(restored->files(0).content() == chosen.files(0).content());
}

TEST_CASE("a checkpoint whose parts do not belong together is damaged") {
    const Place place;
    auto other = config();
    other.set_image_id("sha256:2");
    CHECK_THAT(restored_config(checkpoint(place, other), "one", kOther).error().message(),
               Catch::Contains("different images"));
    other = config();
    other.mutable_spec()->set_root_readonly(true);
    CHECK_THAT(restored_config(checkpoint(place, other), "one", kOther).error().message(),
               Catch::Contains("its disk is not as the container's"));
    auto found = checkpoint(place, config());
    found.directory = place.file("nothing");
    CHECK_THAT(restored_config(found, "one", kOther).error().message(),
               Catch::Contains("is damaged"));
}

TEST_CASE("a plan goes on from a checkpoint with the slots that its machine had") {
    const Place place;
    for (const std::size_t disks : {1U, 2U}) {
        auto wanted = plan(disks);
        REQUIRE(restore_plan(config(), checkpoint(place, config()), place.key(), wanted));
        CHECK(wanted.launch.restore);
        CHECK_FALSE(wanted.launch.kernel.valid());
        CHECK_FALSE(wanted.launch.initrd);
        REQUIRE(wanted.launch.disks.size() == 2);
        CHECK(wanted.launch.disks[1].extents.size() == disks - 1);
        REQUIRE(wanted.adopt);
        CHECK(wanted.adopt->adoption().container_id() == kOther);
        CHECK(wanted.adopt->adoption().identity().hostname() == "aaaaaaaaaaaa");
        CHECK(wanted.adopt->adoption().identity().files_size() == 1);
    }
    for (const std::uint32_t slots : {1U, 3U}) {
        auto wanted = plan(2);
        auto found = checkpoint(place, config());
        found.entry.disks = slots;
        CHECK_THAT(restore_plan(config(), std::move(found), place.key(), wanted).error().message(),
                   Catch::Contains("is damaged"));
        CHECK_FALSE(wanted.adopt);
    }
}

TEST_CASE("a checkpoint of another host, or of other programs, is refused with what differs") {
    const Place place;
    auto now = place.key();
    now.host.kernel = "6.2";
    auto wanted = plan(2);
    CHECK(restore_plan(config(), checkpoint(place, config()), now, wanted).error().message() ==
          "a checkpoint goes on only where it was made: the host runs Linux 6.2, not 6.1");
    CHECK_FALSE(wanted.launch.restore);
}

}  // namespace bulkhead::engine
