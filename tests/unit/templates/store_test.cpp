#include "host/templates/store.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/syscalls.h"
#include "tests/unit/templates/place.h"

namespace bulkhead::templates {

namespace {

namespace fs = std::filesystem;

std::size_t files_in(const std::string& directory) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each : fs::directory_iterator(directory)) ++count;
    return count;
}

using test::fill;
using test::put;

// A sector, as disks have.
const std::string& disk_content() {
    static const std::string kContent(512, 'd');
    return kContent;
}

// An image's template with a disk.
void publish_with_disk(const Store& store, const Key& key) {
    auto made = store.begin(key).value();
    REQUIRE(made.has_value());
    fill(*made, key);
    CHECK_FALSE(made->disk().valid());
    REQUIRE(made->make_disk());
    REQUIRE(write_full(made->disk().get(), std::as_bytes(std::span(disk_content()))));
    REQUIRE(made->publish(test::contents_of(key)));
}

}  // namespace

TEST_CASE("a template is found once it is published, and not before") {
    const test::Place place;
    const Store store(place.file("templates"));
    const Key key = place.key();
    CHECK_FALSE(store.find(key.id()).value().has_value());
    CHECK(store.list().value().empty());
    {
        auto made = store.begin(key);
        REQUIRE(made);
        REQUIRE(made->has_value());
        fill(**made, key);
        CHECK_FALSE(store.find(key.id()).value().has_value());
        CHECK(store.list().value().empty());
        REQUIRE((*made)->publish());
    }
    const auto found = store.find(key.id());
    REQUIRE(found);
    REQUIRE(found->has_value());
    CHECK(file_size((*found)->snapshot.memory.get()).value() == key.shape.memory_bytes);
    const auto listed = store.list();
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().id == key.id());
    CHECK(listed->front().entry->key.id() == key.id());
    CHECK(listed->front().disk_bytes < key.shape.memory_bytes);

    Key other = key;
    ++other.shape.vcpus;
    CHECK_FALSE(store.find(other.id()).value().has_value());
}

TEST_CASE("what was not published leaves nothing, and neither does what is not whole") {
    const test::Place place;
    const Store store(place.file("templates"));
    const Key key = place.key();
    { REQUIRE(store.begin(key).value().has_value()); }
    CHECK(files_in(place.file("templates")) == 1);  // the lock
    {
        auto made = store.begin(key).value();
        // No state, and no memory.
        CHECK_FALSE(made->publish());
    }
    CHECK(files_in(place.file("templates")) == 1);
    CHECK_FALSE(store.find(key.id()).value().has_value());
}

TEST_CASE("one makes a template, and the others do not wait") {
    const test::Place place;
    const Store store(place.file("templates"));
    Key other = place.key();
    ++other.shape.vcpus;
    auto made = store.begin(place.key()).value();
    REQUIRE(made.has_value());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const bool busy = !store.begin(place.key()).value().has_value() &&
                          !store.begin(other).value().has_value() && store.sweep().value() == 0;
        ::_exit(busy ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    // Nobody has taken it away.
    fill(*made, place.key());
    CHECK(made->publish());
    made.reset();
    CHECK(store.begin(other).value().has_value());
}

TEST_CASE("what a killed process was making goes with the next one, or with a sweep") {
    const test::Place place;
    const Store store(place.file("templates"));
    const auto killed_maker = [&] {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const auto made = store.begin(place.key());
            ::raise(SIGKILL);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
        CHECK(files_in(place.file("templates")) == 2);
    };
    killed_maker();
    REQUIRE(store.sweep());
    CHECK(files_in(place.file("templates")) == 1);
    killed_maker();
    put(store, place.key());
    CHECK(files_in(place.file("templates")) == 2);
    CHECK(store.find(place.key().id()).value().has_value());
}

TEST_CASE("a damaged template is no template, and is removed") {
    const test::Place place;
    const Store store(place.file("templates"));
    const Key key = place.key();
    const std::string directory = place.file("templates/" + key.id());
    const std::function<void()> damages[] = {
        [&] { fs::resize_file(directory + "/state", 1); },
        [&] { fs::resize_file(directory + "/memory", 4096); },
        [&] { fs::remove(directory + "/state"); }, [&] { fs::remove(directory + "/key.json"); },
        [&] { fs::resize_file(directory + "/key.json", 20); },
        [&] {
            fs::rename(directory + "/memory", place.file("memory"));
            fs::create_symlink(place.file("memory"), directory + "/memory");
        },
        [&] {
            fs::remove(directory + "/state");
            REQUIRE(::mkfifo((directory + "/state").c_str(), 0600) == 0);
        },
        // Another template's files.
        [&] {
            Key other = key;
            ++other.shape.vcpus;
            put(store, other);
            fs::remove_all(directory);
            fs::rename(place.file("templates/" + other.id()), directory);
        }};
    for (const auto& damage : damages) {
        put(store, key);
        damage();
        const auto found = store.find(key.id());
        REQUIRE(found);
        CHECK_FALSE(found->has_value());
        CHECK(files_in(place.file("templates")) == 1);
    }
}

TEST_CASE("an image's template is found with the disk that its container had") {
    const test::Place place;
    const Store store(place.file("templates"));
    const Key key = place.image_key();
    publish_with_disk(store, key);
    const auto found = store.find(key.id()).value();
    REQUIRE(found.has_value());
    CHECK(found->entry.key.id() == key.id());
    CHECK(found->entry.disks == 2);
    CHECK(found->entry.image == "busybox");
    REQUIRE(found->disk.valid());
    CHECK(read_file("/proc/self/fd/" + std::to_string(found->disk.get()), 1000).value() ==
          disk_content());
    CHECK_FALSE(store.find(place.key().id()).value().has_value());
    // Nobody writes to it by accident.
    CHECK_FALSE(write_full(found->disk.get(), std::as_bytes(std::span("x"))));
}

TEST_CASE("which pages of an image's template are soon written is known later, if at all") {
    const test::Place place;
    const Store store(place.file("templates"));
    const Key key = place.image_key();
    UniqueFd list;
    {
        auto made = store.begin(key).value();
        REQUIRE(made.has_value());
        fill(*made, key);
        list = made->make_written().value();
        REQUIRE(made->publish(test::contents_of(key)));
    }
    const auto written = [&] { return store.find(key.id()).value().value().snapshot.written; };
    CHECK(written().empty());
    REQUIRE(pwrite_full(list.get(), std::as_bytes(std::span("[3,2,9,1]\n", 10)), 0));
    CHECK(written() == std::vector<PageRun>{{3, 2}, {9, 1}});
    // What is wrong with it is no harm to the template.
    REQUIRE(pwrite_full(list.get(), std::as_bytes(std::span("[3,0", 4)), 0));
    CHECK(written().empty());
    REQUIRE(fs::remove(place.file("templates") + "/" + key.id() + "/written"));
    CHECK(written().empty());
}

TEST_CASE("an image's template without a disk has none, and so has a machine's") {
    const test::Place place;
    const Store store(place.file("templates"));
    for (const Key& key : {place.image_key(), place.key()}) {
        put(store, key);
        const auto found = store.find(key.id()).value();
        REQUIRE(found.has_value());
        CHECK_FALSE(found->disk.valid());
    }
    // One that does not say which disks its machine had is not published.
    Key other = place.image_key();
    ++other.shape.vcpus;
    auto made = store.begin(other).value();
    fill(*made, other);
    CHECK_FALSE(made->publish());
    CHECK_FALSE(store.find(other.id()).value().has_value());
}

TEST_CASE("an image's template whose disk is not as it was is damaged, and removed") {
    const test::Place place;
    const Store store(place.file("templates"));
    const Key key = place.image_key();
    const std::string disk = place.file("templates/" + key.id() + "/disk");
    const std::function<void()> damages[] = {[&] { fs::resize_file(disk, 511); },
                                             [&] { fs::resize_file(disk, 1024); },
                                             [&] { fs::remove(disk); },
                                             [&] {
                                                 fs::rename(disk, place.file("disk"));
                                                 fs::create_symlink(place.file("disk"), disk);
                                             },
                                             [&] {
                                                 fs::remove(disk);
                                                 REQUIRE(::mkfifo(disk.c_str(), 0600) == 0);
                                             }};
    for (const auto& damage : damages) {
        publish_with_disk(store, key);
        damage();
        CHECK_FALSE(store.find(key.id()).value().has_value());
        CHECK(files_in(place.file("templates")) == 1);
    }
}

TEST_CASE("a removed template stays with those who have opened it") {
    const test::Place place;
    const Store store(place.file("templates"));
    const Key key = place.key();
    CHECK_FALSE(store.remove(key.id()).value());
    put(store, key);
    const auto found = store.find(key.id()).value();
    REQUIRE(found.has_value());
    CHECK(store.remove(key.id()).value());
    CHECK_FALSE(store.remove(key.id()).value());
    CHECK_FALSE(store.find(key.id()).value().has_value());
    CHECK(file_size(found->snapshot.memory.get()).value() == key.shape.memory_bytes);
    CHECK(files_in(place.file("templates")) == 1);
}

TEST_CASE("a store that cannot be written to makes nothing and finds what is there") {
    const test::Place place;
    place.write("templates", "a file");
    const Store store(place.file("templates"));
    CHECK_FALSE(store.begin(place.key()));
    CHECK_FALSE(store.list());
    CHECK_FALSE(store.find(place.key().id()));
}

}  // namespace bulkhead::templates
