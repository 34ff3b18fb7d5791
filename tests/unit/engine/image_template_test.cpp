#include "host/engine/image_template.h"

#include "tests/unit/engine/image_container.h"

namespace bulkhead::engine {

namespace {

using container::v1::TemplateUse;
using test::Container;

// A store of templates, and starts of one container that could have an image's.
class Starts {
  public:
    Starts() : container(place), places{place.file("templates"), place.key().host} {}

    // One start, up to its launch.
    struct Start {
        explicit Start(Starts& starts)
            : files(starts.container.files()),
              image({starts.loop, starts.container.config, files, starts.places, starts.faults}),
              plan(starts.container.plan()) {
            original = image.look_up(plan, starts.place.key());
        }

        void make(const UniqueFd& disk = {}) {
            image.make(plan, disk, []() -> sandbox::Sandbox& { std::abort(); });
        }

        HostFiles files;
        ImageTemplate image;
        sandbox::SandboxPlan plan;
        int original = -1;
    };

    void wish(TemplateUse use) { container.config.mutable_machine()->set_template_use(use); }

    [[nodiscard]] templates::Store store() const { return templates::Store(places.store); }

    [[nodiscard]] templates::Key key() const {
        templates::Key key = place.key();
        key.prepared = container.key();
        return key;
    }

    // As a start before has made it, with a writable disk or without.
    void put(const std::string& disk, std::uint32_t disks) const {
        auto made = store().begin(key()).value();
        REQUIRE(made.has_value());
        templates::test::fill(*made, key());
        if (!disk.empty()) {
            REQUIRE(made->make_disk());
            REQUIRE(write_full(made->disk().get(), std::as_bytes(std::span(disk))));
        }
        const UniqueFd written = made->make_written().value();
        REQUIRE(write_full(written.get(), std::as_bytes(std::span("[3,2]\n", 6))));
        REQUIRE(made->publish({disks, "busybox"}));
    }

    test::ImagePlace place;
    Container container;
    TemplatePlaces places;
    EventLoop loop;
    FaultPoints faults;
};

}  // namespace

TEST_CASE("the second start that could have had an image's template makes it") {
    Starts starts;
    {
        Starts::Start first(starts);
        CHECK(first.original == -1);
        CHECK_FALSE(first.image.use(first.plan));
        first.make();
        CHECK_FALSE(first.plan.prepare);
    }
    Starts::Start second(starts);
    CHECK_FALSE(second.image.use(second.plan));
    const UniqueFd disk = open_file(starts.place.file("disk.ext4"), O_RDWR).value();
    second.make(disk);
    REQUIRE(second.plan.prepare);
    CHECK(second.plan.prepare->state.valid());
    CHECK(second.plan.prepare->memory.valid());
    CHECK(second.plan.prepare->request->SerializeAsString().find(test::kSecret) ==
          std::string::npos);
    CHECK(stable_bytes(*second.plan.start) == stable_bytes(starts.container.start()));
    CHECK(second.image.origin().empty());
    CHECK(second.plan.launch.log_writes);
    // What its container writes to is noted beside its other files.
    second.plan.prepare->wrote({});
    const std::string list = starts.places.store + "/.new-" + starts.key().id() + "/written";
    CHECK(read_file(list, 1000).value().empty());
    second.plan.prepare->wrote({{3, 2}});
    CHECK(read_file(list, 1000).value() == "[3,2]\n");
    // Only one makes it.
    Starts::Start third(starts);
    third.make(disk);
    CHECK_FALSE(third.plan.prepare);
}

TEST_CASE("what was not saved is no template, and the next start makes one") {
    Starts starts;
    starts.wish(container::v1::TEMPLATE_USE_IMAGE);
    for (int i = 0; i < 2; ++i) {
        Starts::Start start(starts);
        CHECK(start.original == -1);
        start.make();
        CHECK(start.plan.prepare);
    }
    CHECK(starts.store().list().value().empty());
}

TEST_CASE("who does not want an image's template, or cannot have one, neither has nor makes it") {
    Starts starts;
    starts.put(std::string(512, 'd'), 2);
    SECTION("never") {
        starts.wish(container::v1::TEMPLATE_USE_NEVER);
    }
    SECTION("a machine's") {
        starts.wish(container::v1::TEMPLATE_USE_MACHINE);
    }
    SECTION("hooks") {
        starts.container.spec().mutable_hooks()->add_poststop();
    }
    for (int i = 0; i < 2; ++i) {
        Starts::Start start(starts);
        CHECK(start.original == -1);
        CHECK_FALSE(start.image.use(start.plan));
        start.make();
        CHECK_FALSE(start.plan.prepare);
        CHECK_FALSE(start.plan.start->prepared());
    }
    CHECK_FALSE(std::filesystem::exists(starts.places.store + "/starts"));
}

TEST_CASE("a start whose machine has no key has no template") {
    Starts starts;
    starts.put(std::string(512, 'd'), 2);
    Starts::Start start(starts);
    ImageTemplate image(
        {starts.loop, starts.container.config, start.files, starts.places, starts.faults});
    CHECK(image.look_up(start.plan, Error("no key")) == -1);
    CHECK_FALSE(image.use(start.plan));
}

TEST_CASE("a start goes on from its image's template, with a copy of its disk") {
    Starts starts;
    const std::string before(512, 'b');
    starts.put(before, 2);
    Starts::Start start(starts);
    REQUIRE(start.original >= 0);
    CHECK(read_file("/proc/self/fd/" + std::to_string(start.original), 1000).value() == before);
    REQUIRE(start.image.use(start.plan));
    CHECK(start.image.origin() == "image template " + starts.key().id());
    CHECK(start.plan.start->prepared());
    REQUIRE(start.plan.launch.restore);
    CHECK(start.plan.launch.restore->written == std::vector<PageRun>{{3, 2}});
    CHECK_FALSE(start.plan.launch.kernel.valid());
    REQUIRE(start.plan.launch.disks.size() == 2);
    CHECK(start.plan.launch.disks[0].extents.size() == 2);
    // What boots instead, should it be no good.
    REQUIRE(start.plan.boot);
    CHECK(start.plan.boot->kernel.valid());
    CHECK(start.plan.boot->disks.size() == 1);
    // Used once.
    CHECK_FALSE(start.image.use(start.plan));
    // Another container of the image has it too, and one of other options has not.
    starts.container.spec().set_hostname("another");
    CHECK(Starts::Start(starts).original >= 0);
    starts.container.spec().mutable_process()->set_cwd("/other");
    CHECK(Starts::Start(starts).original == -1);
}

TEST_CASE("a template of a machine without a place for a writable disk gives none") {
    Starts starts;
    starts.container.spec().set_root_readonly(true);
    starts.put("", 1);
    Starts::Start start(starts);
    CHECK(start.original == -1);
    REQUIRE(start.image.use(start.plan));
    CHECK(start.plan.launch.disks.size() == 1);
}

TEST_CASE("an image's template whose agent does not start the container goes, if it was used") {
    Starts starts;
    starts.put(std::string(512, 'd'), 2);
    Starts::Start unused(starts);
    unused.image.on_refused("the agent of a machine's template did not");
    CHECK(starts.store().find(starts.key()).value().has_value());
    Starts::Start start(starts);
    REQUIRE(start.image.use(start.plan));
    start.image.on_refused("the prepared container has ended");
    CHECK(start.image.origin().empty());
    CHECK_FALSE(starts.store().find(starts.key()).value().has_value());
}

TEST_CASE("a container that reads its disks slowly makes no template, and uses one") {
    Starts starts;
    starts.wish(container::v1::TEMPLATE_USE_IMAGE);
    starts.container.config.mutable_machine()->mutable_device_limits()->set_read_bytes(1000);
    Starts::Start slow(starts);
    slow.make();
    CHECK_FALSE(slow.plan.prepare);
    starts.put(std::string(512, 'd'), 2);
    CHECK(Starts::Start(starts).original >= 0);
    starts.container.config.mutable_machine()->clear_device_limits();
    starts.container.spec().mutable_process()->set_cwd("/other");
    Starts::Start other(starts);
    other.make();
    CHECK(other.plan.prepare);
}

TEST_CASE("an image's template that a machine cannot go on from is removed") {
    Starts starts;
    starts.put(std::string(512, 'd'), 2);
    {
        Starts::Start start(starts);
        REQUIRE(start.image.use(start.plan));
        start.image.on_restore_failed("it is no good");
        CHECK(start.image.origin().empty());
    }
    CHECK(starts.store().list().value().empty());
    CHECK(Starts::Start(starts).original == -1);
}

TEST_CASE("an image's template that is damaged is none, and is made again") {
    Starts starts;
    starts.wish(container::v1::TEMPLATE_USE_IMAGE);
    starts.put(std::string(512, 'd'), 2);
    std::filesystem::remove(starts.places.store + "/" + starts.key().id() + "/disk");
    Starts::Start start(starts);
    CHECK(start.original == -1);
    CHECK_FALSE(start.image.use(start.plan));
    start.make();
    CHECK(start.plan.prepare);
}

}  // namespace bulkhead::engine
