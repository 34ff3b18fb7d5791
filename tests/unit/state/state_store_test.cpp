#include "host/state/state_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <set>

#include "base/syscalls.h"
#include "tests/unit/state/temporary_paths.h"

namespace bulkhead::state {

namespace {

NewContainer wanted(const std::string& name, bool auto_remove = false) {
    return {name, "busybox", {"true"}, auto_remove};
}

Container create(StateStore& store, const NewContainer& what) {
    auto container = store.create(what);
    if (!container) FAIL(container.error().message());
    return *std::move(container);
}

}  // namespace

TEST_CASE("where a container's cgroup is made is written down before it is") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    NewContainer bounded = wanted("web");
    bounded.cgroups = "/sys/fs/cgroup/tenants/";
    const Container web = create(store, bounded);
    const Container free = create(store, wanted("free"));
    CHECK(store.find("web")->cgroup == "/sys/fs/cgroup/tenants/" + web.record().id);
    CHECK(store.find("free")->cgroup.empty());
}

TEST_CASE("a container goes through its states, and leaves nothing when it is removed") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    {
        Container container = create(store, wanted("web"));
        REQUIRE(store.list().size() == 1);
        CHECK(store.list()[0].status == Status::Created);
        REQUIRE(container.set_running(4711));
        CHECK(store.list()[0].status == Status::Running);
        CHECK(store.list()[0].vmm_pid == 4711);
        CHECK(store.list()[0].owner_pid == ::getpid());
        REQUIRE(container.set_exited(3, false));
        container.keep();
    }
    const auto record = store.find("web");
    REQUIRE(record);
    CHECK(record->status == Status::Exited);
    CHECK(record->exit_code == 3);
    REQUIRE(store.remove(*record, false));
    CHECK(store.list().empty());
    CHECK(temporary.leftovers() == 0);
}

TEST_CASE("a container that is not kept leaves nothing, however far it came") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    for (const bool auto_remove : {false, true}) {
        {
            const Container container = create(store, wanted("web", auto_remove));
        }
        CHECK(temporary.leftovers() == 0);
        {
            Container container = create(store, wanted("web", auto_remove));
            REQUIRE(container.set_running(1));
            std::ofstream(container.directory() + "/disk") << "data";
        }
        CHECK(temporary.leftovers() == 0);
    }
}

TEST_CASE("a name is one container's, and free again after it") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    {
        const Container first = create(store, wanted("web"));
        const auto second = store.create(wanted("web", true));
        REQUIRE_FALSE(second);
        CHECK(second.error().is(std::errc::file_exists));
        CHECK(second.error().message().find("\"web\" is already in use") != std::string::npos);
        CHECK(store.list().size() == 1);
    }
    const Container again = create(store, wanted("web"));
    CHECK(again.record().name == "web");
    CHECK_FALSE(store.create(wanted("../web")));
}

TEST_CASE("containers without a name get one each") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    std::vector<Container> containers;
    std::set<std::string> names;
    for (int i = 0; i < 100; ++i) {
        containers.push_back(create(store, wanted("", i % 2 == 0)));
        names.insert(containers.back().record().name);
    }
    CHECK(names.size() == 100);
    CHECK(store.list().size() == 100);
}

TEST_CASE("a container is found by id, name, and the beginning of an id") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    const Container first = create(store, wanted("one"));
    const Container second = create(store, wanted("two", true));
    const std::string id = first.record().id;
    CHECK(store.find(id)->name == "one");
    CHECK(store.find(id.substr(0, 12))->name == "one");
    CHECK(store.find("two")->id == second.record().id);
    CHECK(store.find("three").error().message() == "No such container: three");
    CHECK_FALSE(store.find(""));
    const StateStore opened = StateStore::opened(store.paths());
    CHECK(opened.find(id)->name == "one");
    CHECK(opened.find(second.record().id)->name == "two");
    // An id that there is not, and the name of a rename that crashed before it came to its end.
    CHECK_FALSE(store.find(std::string(64, 'a')));
    REQUIRE(::symlink(id.c_str(), (store.paths().root + "/names/half").c_str()) == 0);
    CHECK_FALSE(store.find("half"));
}

TEST_CASE("a running container is not removed without force") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    Container container = create(store, wanted("web"));
    REQUIRE(container.set_running(0));
    const auto removed = store.remove(container.record(), false);
    REQUIRE_FALSE(removed);
    CHECK(removed.error().message().find("container is running") != std::string::npos);
    CHECK(store.list().size() == 1);
}

TEST_CASE("one damaged record does not hide the others") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    const Container good = create(store, wanted("good"));
    const Container bad = create(store, wanted("bad"));
    std::ofstream(bad.directory() + "/state.json") << "{";
    REQUIRE(store.list().size() == 1);
    CHECK(store.list()[0].name == "good");
}

TEST_CASE("a name whose container is gone is stale, and can be taken") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    REQUIRE(::symlink("0123", (temporary.paths().root + "/names/web").c_str()) == 0);
    const Container container = create(store, wanted("web"));
    CHECK(container.record().name == "web");
}

TEST_CASE("between two owners that hand it over, nobody can own or remove a container") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    std::optional<Container> created = create(store, wanted("web"));
    const Record record = created->record();
    const auto is_busy = [&] {
        const auto removed = store.remove(record, /*force=*/false);
        return !store.claim(record) && !removed &&
               removed.error().is(std::errc::device_or_resource_busy);
    };
    CHECK(is_busy());
    UniqueFd lock = created->hand_over();
    created.reset();
    CHECK(is_busy());
    // As a process does that inherits it.
    UniqueFd inherited(::dup(lock.get()));
    lock.reset();
    CHECK(is_busy());
    {
        const auto adopted = store.adopt(record, std::move(inherited));
        REQUIRE(adopted);
        CHECK(adopted->record().owner_pid == ::getpid());
        CHECK(is_busy());
    }
    CHECK(store.remove(record, /*force=*/false));
    CHECK(temporary.leftovers() == 0);
}

TEST_CASE("another container's lock, or one that somebody else has, is not adopted") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    Container one = create(store, wanted("one"));
    Container two = create(store, wanted("two"));
    const Record second = two.record();
    CHECK_FALSE(store.adopt(second, one.hand_over()));
    CHECK_FALSE(
        store.adopt(second, open_file(store.directory_of(second) + "/lock", O_RDWR).value()));
    CHECK(store.adopt(second, two.hand_over()));
}

TEST_CASE("a container without an owner can be claimed once, and stays when the claim goes") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    {
        auto created = store.create({"web", "busybox", {}, false});
        REQUIRE(created);
        created->keep();
        const auto busy = store.claim(created->record());
        REQUIRE_FALSE(busy);
        CHECK(busy.error().is(std::errc::device_or_resource_busy));
    }
    CHECK(store.list()[0].status == Status::Created);
    {
        auto claimed = store.claim(store.list()[0]);
        REQUIRE(claimed);
        REQUIRE(claimed->set_starting());
        CHECK(store.list()[0].status == Status::Starting);
        REQUIRE(claimed->set_running(4711));
        REQUIRE(claimed->set_stopping());
        CHECK(store.list()[0].status == Status::Stopping);
        REQUIRE(claimed->set_exited(137, true, "why"));
    }
    const Record record = store.list()[0];
    CHECK(record.status == Status::Exited);
    CHECK(record.exit_code == 137);
    CHECK(record.oom_killed);
    CHECK(record.error == "why");
    // Its owner may remove it, with its name and its log.
    REQUIRE(write_file_atomically(store.log_of(record), "{}\n"));
    auto claimed = store.claim(record);
    REQUIRE(claimed);
    REQUIRE(claimed->remove());
    CHECK(temporary.leftovers() == 0);
}

TEST_CASE("what a policy does is told apart from what a user does") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    auto container = store.create({"web", "busybox", {}, false});
    REQUIRE(container);
    container->keep();
    REQUIRE(container->set_starting());
    CHECK_FALSE(container->record().boot_id.empty());
    REQUIRE(container->set_running(4711));
    REQUIRE(container->set_health("healthy"));
    REQUIRE(container->set_restarting(3, false, "it fell"));
    CHECK(store.list()[0].status == Status::Restarting);
    CHECK(store.list()[0].exit_code == 3);
    REQUIRE(container->set_starting(/*by_policy=*/true));
    CHECK(store.list()[0].restart_count == 1);
    CHECK(store.list()[0].health.empty());
    REQUIRE(container->set_running(4712));
    REQUIRE(container->set_paused(true));
    CHECK(store.list()[0].status == Status::Paused);
    REQUIRE(container->set_paused(false));
    REQUIRE(container->set_manually_stopped());
    REQUIRE(container->set_exited(0, false));
    CHECK(store.list()[0].manually_stopped);
    REQUIRE(container->set_starting());
    CHECK(store.list()[0].restart_count == 0);
    CHECK_FALSE(store.list()[0].manually_stopped);
}

TEST_CASE("what ran when the host went down has ended with it") {
    const TemporaryPaths temporary;
    const StateStore store = temporary.open();
    {
        StateStore other = temporary.open();
        auto web = other.create({"web", "busybox", {}, false});
        REQUIRE(web);
        web->keep();
        REQUIRE(web->set_starting());
        REQUIRE(web->set_running(4711));
    }
    Record record = store.list()[0];
    CHECK(record.status == Status::Dead);
    // The same, written before the last boot.
    record.status = Status::Running;
    record.boot_id = "another";
    REQUIRE(write_file_atomically(store.directory_of(record) + "/state.json", to_json(record)));
    record = store.list()[0];
    CHECK(record.status == Status::Exited);
    CHECK(record.exit_code == 255);
    CHECK(record.error == "the host went down while it ran");
}

TEST_CASE("a renamed container is found by its new name only") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    auto web = store.create({"web", "busybox", {}, false});
    auto other = store.create({"other", "busybox", {}, false});
    REQUIRE(web);
    REQUIRE(other);
    const auto taken = store.rename(*web, "other");
    REQUIRE_FALSE(taken);
    CHECK(taken.error().is(std::errc::file_exists));
    CHECK_FALSE(store.rename(*web, "web"));
    CHECK_FALSE(store.rename(*web, "no/name"));
    REQUIRE(store.rename(*web, "site"));
    CHECK(store.find("site"));
    CHECK_FALSE(store.find("web"));
    CHECK(store.create({"web", "busybox", {}, false}));  // free again
    REQUIRE(web->remove());
    CHECK(store.create({"site", "busybox", {}, false}));
}

TEST_CASE("the second name of a rename that crashed half-way is free") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    {
        auto web = store.create({"web", "busybox", {}, false});
        REQUIRE(web);
        web->keep();
        const std::string link = temporary.paths().root + "/names/site";
        REQUIRE(::symlink(web->record().id.c_str(), link.c_str()) == 0);
        CHECK_FALSE(store.create({"site", "busybox", {}, false}));  // its owner may be at it
    }
    CHECK(store.create({"site", "busybox", {}, false}));
}

TEST_CASE("a start that failed leaves the container as it was, with the reason") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    auto container = store.create({"web", "busybox", {}, true});
    REQUIRE(container);
    container->keep();
    REQUIRE(container->set_starting());
    REQUIRE(container->set_not_started(127, "no such program"));
    CHECK(store.list()[0].status == Status::Created);
    CHECK(store.list()[0].exit_code == 127);
    CHECK(store.list()[0].error == "no such program");
}

TEST_CASE("a --rm container that was never started is not swept, and its log goes with it") {
    const TemporaryPaths temporary;
    {
        StateStore store = temporary.open();
        auto created = store.create({"web", "busybox", {}, true});
        REQUIRE(created);
        created->keep();
    }
    StateStore store = temporary.open();
    REQUIRE(store.list().size() == 1);
    const Record record = store.list()[0];
    for (const std::string& path : {store.log_of(record), store.log_of(record) + ".1"})
        REQUIRE(write_file_atomically(path, "{}\n"));
    const StateStore again = temporary.open();
    CHECK(::access(store.log_of(record).c_str(), F_OK) == 0);
    REQUIRE(store.remove(record, false));
    CHECK(temporary.leftovers() == 0);
}

}  // namespace bulkhead::state
