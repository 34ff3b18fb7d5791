#include "host/checkpoints/entry.h"

#include <functional>

#include <nlohmann/json.hpp>

#include "tests/unit/checkpoints/sample.h"

namespace bulkhead::checkpoints {

namespace {

using Json = nlohmann::json;

// Why a description that was changed in one place is refused.
std::string refusal(const std::function<void(Json&)>& change) {
    const templates::test::Place place;
    Json json = Json::parse(to_text(test::sample(place)));
    change(json);
    const auto read = parse_entry(json.dump());
    return read ? "accepted" : read.error().message();
}

}  // namespace

TEST_CASE("a checkpoint's description is read as it was written") {
    const templates::test::Place place;
    const Entry entry = test::sample(place);
    const auto read = parse_entry(to_text(entry));
    REQUIRE(read);
    CHECK(read->key.id() == entry.key.id());
    CHECK(read->disks == 2);
    CHECK(read->container_id == entry.container_id);
    CHECK(read->container_name == "web");
    CHECK(read->image == "busybox");
    CHECK(read->image_id == "sha256:1");
    CHECK(read->state_bytes == entry.state_bytes);
    CHECK(read->memory_file_bytes == entry.memory_file_bytes);
    CHECK(read->disk_file_bytes == entry.disk_file_bytes);
    CHECK(read->created_at == entry.created_at);
}

TEST_CASE("what cannot be a checkpoint's description is refused") {
    CHECK(refusal([](Json&) {}) == "accepted");
    for (const char* name :
         {"format", "key", "disks", "container_id", "container_name", "image", "image_id",
          "state_bytes", "memory_file_bytes", "disk_file_bytes", "created_at"}) {
        CAPTURE(name);
        CHECK(refusal([name](Json& json) { json.erase(name); }) != "accepted");
        CHECK(refusal([name](Json& json) { json[name] = Json::array(); }) != "accepted");
        CHECK(refusal([name](Json& json) { json[name] = -1; }) != "accepted");
    }
    CHECK_THAT(refusal([](Json& json) { json["format"] = 2; }), Catch::Contains("version"));
    CHECK_THAT(refusal([](Json& json) { json["disks"] = 0; }), Catch::Contains("number of disks"));
    CHECK_THAT(refusal([](Json& json) { json["disks"] = 13; }), Catch::Contains("number of disks"));
    CHECK_THAT(refusal([](Json& json) { json["container_id"] = "../../etc"; }),
               Catch::Contains("no id"));
    CHECK_THAT(refusal([](Json& json) { json["state_bytes"] = std::uint64_t{1} << 40U; }),
               Catch::Contains("a state of an impossible size"));
    CHECK_THAT(refusal([](Json& json) { json["memory_file_bytes"] = 4096; }),
               Catch::Contains("memory of another size"));
    CHECK_THAT(refusal([](Json& json) { json["disk_file_bytes"] = 513; }),
               Catch::Contains("a disk of an impossible size"));
    CHECK_THAT(refusal([](Json& json) { json["created_at"] = templates::kLatestSecond + 1; }),
               Catch::Contains("impossible time"));
    CHECK_THAT(refusal([](Json& json) { json["created_at"] = -1; }),
               Catch::Contains("impossible time"));
    CHECK_THAT(refusal([](Json& json) { json["created_at"] = ~std::uint64_t{0}; }),
               Catch::Contains("\"created_at\" is missing, or of the wrong type"));
    CHECK_THAT(refusal([](Json& json) { json["disks"] = (std::uint64_t{1} << 32U) + 1; }),
               Catch::Contains("\"disks\" is missing, or of the wrong type"));
    CHECK_FALSE(parse_entry(""));
    CHECK_FALSE(parse_entry("[]"));
    CHECK_FALSE(parse_entry("{\"key\""));
}

}  // namespace bulkhead::checkpoints
