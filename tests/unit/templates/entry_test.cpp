#include "host/templates/entry.h"

#include <functional>

#include <nlohmann/json.hpp>

#include "tests/unit/templates/place.h"

namespace bulkhead::templates {

namespace {

Entry image_entry(const test::Place& place) {
    Entry entry;
    entry.key = place.image_key();
    entry.state_bytes = 4096;
    entry.memory_file_bytes = entry.key.shape.memory_bytes;
    entry.created_at = 7;
    entry.disk_file_bytes = std::uint64_t{10} << 30U;
    entry.disks = 2;
    entry.image = "busybox:latest";
    return entry;
}

}  // namespace

TEST_CASE("a template's sizes are bounded") {
    const test::Place place;
    Entry entry;
    entry.key = place.key();
    entry.state_bytes = 4096;
    entry.memory_file_bytes = entry.key.shape.memory_bytes;
    entry.created_at = 7;
    const auto read = parse_entry(to_text(entry));
    REQUIRE(read);
    CHECK(read->key.id() == entry.key.id());
    CHECK(read->state_bytes == 4096);
    CHECK(read->created_at == 7);
    entry.state_bytes = 0;
    CHECK_FALSE(parse_entry(to_text(entry)));
    entry.state_bytes = std::uint64_t{1} << 30U;
    CHECK_FALSE(parse_entry(to_text(entry)));
    entry.state_bytes = 4096;
    entry.memory_file_bytes += 4096;
    CHECK_FALSE(parse_entry(to_text(entry)));
    entry.memory_file_bytes -= 4096;
    entry.created_at = std::int64_t{1} << 34U;  // in the year 2514
    CHECK_FALSE(parse_entry(to_text(entry)));
    entry.created_at = -1;
    CHECK_FALSE(parse_entry(to_text(entry)));
    CHECK_FALSE(parse_entry("{}"));
    CHECK_FALSE(parse_entry("[]"));
    CHECK_FALSE(parse_entry("{\"key\": 1"));
}

TEST_CASE("an image's template says what its machine has beyond memory") {
    const test::Place place;
    Entry entry = image_entry(place);
    auto read = parse_entry(to_text(entry));
    REQUIRE(read);
    CHECK(read->key.id() == entry.key.id());
    CHECK(read->key.prepared == entry.key.prepared);
    CHECK(read->disk_file_bytes == std::uint64_t{10} << 30U);
    CHECK(read->disks == 2);
    CHECK(read->image == "busybox:latest");
    // A read-only root has no disk, and its machine may have had no slot for one.
    entry.disk_file_bytes = 0;
    entry.disks = 1;
    entry.image = "";
    read = parse_entry(to_text(entry));
    REQUIRE(read);
    CHECK(read->disk_file_bytes == 0);
    CHECK(read->disks == 1);
    CHECK(read->image.empty());
    for (const std::uint32_t disks : {0U, 3U, 0xffff'ffffU}) {
        entry.disks = disks;
        CHECK_FALSE(parse_entry(to_text(entry)));
    }
}

TEST_CASE("a machine's template has nothing of an image") {
    const test::Place place;
    Entry entry = image_entry(place);
    entry.key.prepared.reset();
    const auto read = parse_entry(to_text(entry));
    REQUIRE(read);
    CHECK(read->disk_file_bytes == 0);
    CHECK(read->disks == 0);
    CHECK(read->image.empty());
}

TEST_CASE("an image's template has a disk as there can be") {
    const test::Place place;
    Entry entry = image_entry(place);
    for (const std::uint64_t size : {std::uint64_t{511}, (std::uint64_t{1} << 63U)}) {
        entry.disk_file_bytes = size;
        CHECK_FALSE(parse_entry(to_text(entry)));
    }
}

TEST_CASE("an image's template that does not say all of it is none") {
    const test::Place place;
    using Json = nlohmann::json;
    const Json whole = Json::parse(to_text(image_entry(place)));
    REQUIRE(parse_entry(whole.dump()));
    for (const char* part : {"disk_file_bytes", "disks", "image"}) {
        CAPTURE(part);
        Json json = whole;
        json.erase(part);
        CHECK_FALSE(parse_entry(json.dump()));
        json[part] = Json::array();
        CHECK_FALSE(parse_entry(json.dump()));
        json[part] = -1;
        CHECK_FALSE(parse_entry(json.dump()));
    }
    // Read as 32 bits it would be 2.
    Json json = whole;
    json["disks"] = (std::uint64_t{1} << 32U) + 2;
    CHECK_FALSE(parse_entry(json.dump()));
}

}  // namespace bulkhead::templates
