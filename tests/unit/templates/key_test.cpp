#include "host/templates/key.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <functional>
#include <set>

#include <nlohmann/json.hpp>

#include "base/syscalls.h"
#include "tests/unit/templates/place.h"

namespace bulkhead::templates {

TEST_CASE("each part of a key makes another id") {
    const test::Place place;
    const Key key = place.key();
    const std::function<void(Key&)> changes[] = {
        [](Key& k) { k.kernel.path += "x"; },      [](Key& k) { ++k.kernel.device; },
        [](Key& k) { ++k.kernel.inode; },          [](Key& k) { ++k.kernel.size; },
        [](Key& k) { ++k.kernel.modified_ns; },    [](Key& k) { ++k.kernel.changed_ns; },
        [](Key& k) { ++k.initramfs.size; },        [](Key& k) { ++k.monitor.changed_ns; },
        [](Key& k) { k.kernel_arguments += "x"; }, [](Key& k) { ++k.shape.vcpus; },
        [](Key& k) { ++k.shape.memory_bytes; },    [](Key& k) { k.host.kernel += "x"; },
        [](Key& k) { k.host.processor += "x"; }};
    std::set<std::string> ids = {key.id()};
    CHECK(key.id().size() == 64);
    CHECK(key.id() == place.key().id());
    for (const auto& change : changes) {
        Key other = key;
        change(other);
        CHECK(ids.insert(other.id()).second);
    }
}

TEST_CASE("each part of what is prepared makes another id, and so does its being prepared") {
    const test::Place place;
    const Key key = place.image_key();
    const std::function<void(PreparedKey&)> changes[] = {
        [](PreparedKey& p) { p.container += "x"; },
        [](PreparedKey& p) { p.image.pop_back(); },
        [](PreparedKey& p) { p.image.push_back(p.image.front()); },
        [](PreparedKey& p) { std::swap(p.image[0], p.image[1]); },
        [](PreparedKey& p) { p.image[1].path += "x"; },
        [](PreparedKey& p) { ++p.image[1].device; },
        [](PreparedKey& p) { ++p.image[1].inode; },
        [](PreparedKey& p) { ++p.image[1].size; },
        [](PreparedKey& p) { ++p.image[0].modified_ns; },
        [](PreparedKey& p) { ++p.image[0].changed_ns; }};
    std::set<std::string> ids = {place.key().id(), key.id()};
    CHECK(ids.size() == 2);
    CHECK(key.id() == place.image_key().id());
    for (const auto& change : changes) {
        Key other = key;
        change(*other.prepared);
        CHECK(ids.insert(other.id()).second);
    }
}

TEST_CASE("a key is read as it was written") {
    const test::Place place;
    const auto read = parse_key(to_json(place.key()));
    REQUIRE(read);
    CHECK(read->id() == place.key().id());
    for (const char* part : {"format", "kernel", "initramfs", "monitor", "kernel_arguments",
                             "vcpus", "memory_bytes", "host_kernel", "host_processor"}) {
        nlohmann::json json = to_json(place.key());
        json.erase(part);
        CHECK_FALSE(parse_key(json));
        json[part] = nlohmann::json::array();
        CHECK_FALSE(parse_key(json));
    }
    // Read as 32 bits these would be another key's.
    for (const char* part : {"format", "vcpus"}) {
        nlohmann::json json = to_json(place.key());
        json[part] = (std::uint64_t{1} << 32U) + json[part].get<std::uint64_t>();
        CHECK_FALSE(parse_key(json));
        json[part] = -1;
        CHECK_FALSE(parse_key(json));
    }
    for (const char* part : {"modified_ns", "changed_ns"}) {
        nlohmann::json json = to_json(place.key());
        json["kernel"][part] = std::uint64_t{1} << 63U;
        CHECK_FALSE(parse_key(json));
        json["kernel"][part] = -5;  // before 1970
        CHECK(parse_key(json));
    }
    nlohmann::json newer = to_json(place.key());
    newer["format"] = 1000;
    CHECK_FALSE(parse_key(newer));
}

TEST_CASE("what is prepared is read as it was written, or the key is none") {
    const test::Place place;
    const auto read = parse_key(to_json(place.image_key()));
    REQUIRE(read);
    CHECK(read->prepared == place.image_key().prepared);
    CHECK(read->id() == place.image_key().id());
    CHECK_FALSE(parse_key(to_json(place.key()))->prepared);

    using Json = nlohmann::json;
    const std::function<void(Json&)> damages[] = {
        [](Json& p) { p = Json::array(); },
        [](Json& p) { p = nullptr; },
        [](Json& p) { p = Json::object(); },
        [](Json& p) { p.erase("image"); },
        [](Json& p) { p["image"] = p["image"][0]; },
        [](Json& p) { p["image"] = "layer"; },
        [](Json& p) { p["image"][1] = "layer"; },
        [](Json& p) { p["image"][1].erase("path"); },
        [](Json& p) { p["image"][1].erase("changed_ns"); },
        [](Json& p) { p["image"][0]["size"] = -1; },
        [](Json& p) { p["image"].push_back(Json::object()); },
        [](Json& p) { p.erase("container"); },
        [](Json& p) { p["container"] = 5; },
        [](Json& p) { p["container"] = ""; }};
    for (const auto& damage : damages) {
        Json json = to_json(place.image_key());
        damage(json["prepared"]);
        CAPTURE(json["prepared"].dump());
        CHECK_FALSE(parse_key(json));
    }
}

TEST_CASE("a launch's key is that of the files that it has open") {
    const test::Place place;
    sandbox::Launch launch;
    launch.kernel = open_file(place.file("kernel"), O_RDONLY).value();
    launch.initrd = open_file(place.file("initramfs"), O_RDONLY).value();
    launch.kernel_arguments = "quiet";
    launch.shape = place.key().shape;
    const Paths paths{place.file("kernel"), place.file("initramfs"), place.file("monitor")};
    const auto key = key_of(launch, paths, place.key().host);
    REQUIRE(key);
    CHECK(key->id() == place.key().id());

    // Another file at the same path is not what will boot.
    std::filesystem::rename(place.file("kernel"), place.file("old"));
    place.write("kernel", "kernel");
    const auto same = key_of(launch, paths, place.key().host);
    REQUIRE(same);
    CHECK(same->kernel.inode == key->kernel.inode);

    launch.kernel_arguments = "\xff";
    CHECK_FALSE(key_of(launch, paths, place.key().host));
    launch.kernel_arguments.clear();
    launch.kernel.reset();
    CHECK_FALSE(key_of(launch, paths, place.key().host));
}

TEST_CASE("a template matches for as long as its files and its host are what they were") {
    const test::Place place;
    const Key key = place.key();
    CHECK(can_match(key, key.host));
    CHECK_FALSE(can_match(key, {"6.2", "abc"}));
    CHECK_FALSE(can_match(key, {"6.1", "abd"}));
    place.write("initramfs", "another one");
    CHECK_FALSE(can_match(key, key.host));
    std::filesystem::remove(place.file("initramfs"));
    CHECK_FALSE(can_match(key, key.host));
}

TEST_CASE("an image's template matches for as long as the image's files are what they were too") {
    const test::Place place;
    const Key key = place.image_key();
    CHECK(can_match(key, key.host));
    place.write("index", "another one");
    CHECK_FALSE(can_match(key, key.host));
    CHECK(can_match(place.image_key(), key.host));
    CHECK(can_match(place.key(), key.host));
}

TEST_CASE("an image's template matches none whose file has gone, or is another of the same text") {
    const test::Place place;
    const Key key = place.image_key();
    std::filesystem::rename(place.file("layer"), place.file("old"));
    CHECK_FALSE(can_match(key, key.host));
    place.write("layer", "layer");
    CHECK_FALSE(can_match(key, key.host));
    CHECK(can_match(place.key(), key.host));
}

TEST_CASE("what is not as it was is named") {
    const test::Place place;
    const Key key = place.key();
    CHECK(difference(key, key).empty());
    const auto changed = [&key](const std::function<void(Key&)>& change) {
        Key other = key;
        change(other);
        return difference(key, other);
    };
    using Catch::Contains;
    CHECK_THAT(changed([](Key& now) { ++now.kernel.inode; }),
               Contains("the guest's kernel was changed"));
    CHECK_THAT(changed([](Key& now) { now.kernel.path = "/other"; }),
               Contains("the guest's kernel is /other, not "));
    CHECK_THAT(changed([](Key& now) { ++now.initramfs.size; }), Contains("agent was changed"));
    CHECK_THAT(changed([](Key& now) { ++now.monitor.changed_ns; }),
               Contains("the monitor was changed"));
    CHECK(changed([](Key& now) { now.host.kernel = "6.2"; }) == "the host runs Linux 6.2, not 6.1");
    CHECK_THAT(changed([](Key& now) { now.host.processor = "x"; }), Contains("another processor"));
    CHECK(changed([](Key& now) { now.shape.vcpus = 3; }) == "the machine has 3 vCPUs, not 2");
    CHECK_THAT(changed([](Key& now) { now.shape.memory_bytes = 5; }),
               Contains("the machine has 5 bytes of memory"));
    CHECK_THAT(changed([](Key& now) { now.kernel_arguments = ""; }), Contains("arguments"));
}

}  // namespace bulkhead::templates
