#include "host/checkpoints/store.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/syscalls.h"
#include "base/text.h"
#include "tests/unit/checkpoints/sample.h"

namespace bulkhead::checkpoints {

namespace {

namespace fs = std::filesystem;
using templates::test::Place;

std::size_t files_in(const std::string& directory) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each : fs::directory_iterator(directory)) ++count;
    return count;
}

void fill(const NewCheckpoint& made, const Entry& entry) {
    const std::string state(entry.state_bytes, 's');
    REQUIRE(write_full(made.state().get(), std::as_bytes(std::span(state))));
    REQUIRE(::ftruncate(made.memory().get(), static_cast<off_t>(entry.memory_file_bytes)) == 0);
    REQUIRE(::ftruncate(made.disk().get(), static_cast<off_t>(entry.disk_file_bytes)) == 0);
}

void put(const Store& store, const Place& place, const std::string& name) {
    auto made = store.begin(name);
    REQUIRE(made);
    fill(*made, test::sample(place));
    REQUIRE(made->finish(test::sample(place)));
    REQUIRE(made->publish());
}

std::string why_not(const Store& store, const std::string& name) {
    const auto found = store.find(name);
    return found ? "found" : found.error().message();
}

}  // namespace

TEST_CASE("a checkpoint is found once it is published, and not before") {
    const Place place;
    const Store store(place.file("checkpoints"));
    CHECK(why_not(store, "one") == "No such checkpoint: one");
    CHECK(store.list().value().empty());
    {
        auto made = store.begin("one");
        REQUIRE(made);
        fill(*made, test::sample(place));
        REQUIRE(made->finish(test::sample(place)));
        CHECK(why_not(store, "one") == "No such checkpoint: one");
        CHECK(store.list().value().empty());
        REQUIRE(made->publish());
    }
    const auto found = store.find("one");
    REQUIRE(found);
    CHECK(found->entry.container_name == "web");
    CHECK(file_size(found->disk.get()).value() == 4096);
    CHECK(file_size(found->snapshot.memory.get()).value() == std::uint64_t{1} << 20U);
    CHECK(::access((found->directory + "/memory").c_str(), W_OK) == (::geteuid() == 0 ? 0 : -1));
    put(store, place, "two");
    const auto listed = store.list().value();
    REQUIRE(listed.size() == 2);
    CHECK(listed.front().name == "one");
    CHECK(listed.front().entry->created_at > 1'000'000'000);
    CHECK(store.remove("one").value());
    CHECK_FALSE(store.remove("one").value());
    CHECK(why_not(store, "one") == "No such checkpoint: one");
    // Whoever has its files keeps them.
    CHECK(file_size(found->disk.get()).value() == 4096);
}

TEST_CASE("a name is taken once, and names are those of containers") {
    const Place place;
    const Store store(place.file("checkpoints"));
    auto first = store.begin("same");
    auto second = store.begin("same");
    REQUIRE(first);
    REQUIRE(second);
    for (auto* made : {&*first, &*second}) {
        fill(*made, test::sample(place));
        REQUIRE(made->finish(test::sample(place)));
    }
    REQUIRE(first->publish());
    const auto late = second->publish();
    REQUIRE_FALSE(late);
    CHECK(late.error().is(std::errc::file_exists));
    CHECK_THAT(store.begin("same").error().message(), Catch::Contains("already"));
    for (const char* name : {"", ".", "..", "../x", "a/b", ".new-x", "-x"}) {
        CAPTURE(name);
        CHECK_FALSE(store.begin(name));
        CHECK_FALSE(store.find(name));
        CHECK_FALSE(store.remove(name).value());
    }
}

TEST_CASE("what was not published leaves nothing, and neither does what is not whole") {
    const Place place;
    const Store store(place.file("checkpoints"));
    { REQUIRE(store.begin("none")); }
    CHECK(files_in(place.file("checkpoints")) == 0);
    {
        auto made = store.begin("none");
        REQUIRE(made);
        // Nobody has written a state, or memory.
        CHECK_FALSE(made->finish(test::sample(place)));
    }
    CHECK(files_in(place.file("checkpoints")) == 0);
}

TEST_CASE("what a killed process was making goes, but nothing that is being made") {
    const Place place;
    const Store store(place.file("checkpoints"));
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto made = store.begin("killed");
        ::raise(SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(files_in(place.file("checkpoints")) == 1);
    auto made = store.begin("other");
    REQUIRE(made);
    CHECK(files_in(place.file("checkpoints")) == 1);
    const pid_t sweeper = ::fork();
    REQUIRE(sweeper >= 0);
    if (sweeper == 0) ::_exit(store.sweep().value() == 0 ? 0 : 1);
    REQUIRE(::waitpid(sweeper, &status, 0) == sweeper);
    CHECK(status == 0);
    fill(*made, test::sample(place));
    REQUIRE(made->finish(test::sample(place)));
    CHECK(made->publish());
}

TEST_CASE("a damaged checkpoint is told of as one, and stays until it is removed") {
    const Place place;
    const Store store(place.file("checkpoints"));
    const auto path = [&](const char* name) {
        return concat(place.file("checkpoints"), "/one/", name);
    };
    const auto damaged = [&](const std::function<void()>& damage) {
        put(store, place, "one");
        damage();
        std::string why = why_not(store, "one");
        CHECK(store.list().value().size() == 1);
        CHECK(store.remove("one").value());
        return why;
    };
    const auto replace = [&](const char* name, const std::function<void(const std::string&)>& by) {
        return damaged([&] {
            REQUIRE(::unlink(path(name).c_str()) == 0);
            by(path(name));
        });
    };
    using Catch::Contains;
    CHECK_THAT(damaged([&] { REQUIRE(::truncate(path("memory").c_str(), 4096) == 0); }),
               Contains("checkpoint one is damaged: memory: 4096 bytes"));
    CHECK_THAT(damaged([&] { REQUIRE(::truncate(path("disk").c_str(), 0) == 0); }),
               Contains("disk: 0 bytes"));
    CHECK_THAT(damaged([&] { REQUIRE(::truncate(path("state").c_str(), 4) == 0); }),
               Contains("state: 4 bytes"));
    for (const char* name : {"state", "memory", "disk", "checkpoint.json"}) {
        CAPTURE(name);
        CHECK_THAT(replace(name, [](const std::string&) {}), Contains("is damaged"));
        CHECK_THAT(replace(name,
                           [](const std::string& at) {
                               REQUIRE(::symlink("/etc/passwd", at.c_str()) == 0);
                           }),
                   Contains("is damaged"));
        CHECK_THAT(
            replace(name, [](const std::string& at) { REQUIRE(::mkfifo(at.c_str(), 0600) == 0); }),
            Contains("is damaged"));
    }
    put(store, place, "one");
    std::ofstream(path("checkpoint.json")) << "{}";
    const auto listed = store.list().value();
    REQUIRE(listed.size() == 1);
    CHECK_FALSE(listed.front().entry);
    CHECK_FALSE(listed.front().damage.empty());
}

}  // namespace bulkhead::checkpoints
