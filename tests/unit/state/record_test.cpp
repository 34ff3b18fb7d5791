#include "host/state/record.h"

#include <catch2/catch.hpp>

namespace bulkhead::state {

namespace {

Record example() {
    Record record;
    record.id = "00ff";
    record.name = "calm_reef";
    record.image = "busybox:latest";
    record.command = {"sh", "-c", "echo \"hi\"\n"};
    record.auto_remove = true;
    record.status = Status::Running;
    record.owner_pid = 12;
    record.vmm_pid = 13;
    record.created_at = 1'700'000'000;
    record.started_at = 1'700'000'001;
    record.finished_at = 1'700'000'002;
    record.exit_code = 137;
    record.oom_killed = true;
    record.error = "it did not start";
    record.health = "unhealthy";
    record.restart_count = 4;
    record.manually_stopped = true;
    record.boot_id = "0b7f";
    record.jail = {{"own user", "needs root"}, {"empty root", ""}};
    return record;
}

}  // namespace

TEST_CASE("a record survives being written and read") {
    const Record record = example();
    const auto read = parse_record(to_json(record));
    REQUIRE(read);
    CHECK(to_json(*read) == to_json(record));
    CHECK(read->command == record.command);
    CHECK(read->status == Status::Running);
    CHECK(read->exit_code == 137);
    CHECK(read->oom_killed);
    CHECK(read->error == "it did not start");
    CHECK(read->health == "unhealthy");
    CHECK(read->restart_count == 4);
    CHECK(read->manually_stopped);
    CHECK(read->boot_id == "0b7f");
    CHECK(read->jail == record.jail);
}

TEST_CASE("bytes that are no text do not make a record unreadable") {
    Record record = example();
    record.command = {"\xFF\xFE"};
    CHECK(parse_record(to_json(record)));
}

TEST_CASE("a record of another version or with a part missing is refused") {
    const std::string json = to_json(example());
    const auto changed = [&](const std::string& from, const std::string& to) {
        std::string copy = json;
        copy.replace(copy.find(from), from.size(), to);
        return parse_record(copy);
    };
    const auto newer = changed("\"schema\": 3", "\"schema\": 4");
    REQUIRE_FALSE(newer);
    CHECK(newer.error().message() == "written by another version of bulkhead (schema 4)");
    CHECK_FALSE(changed("\"running\"", "\"flying\""));
    CHECK_FALSE(changed("\"vmm_pid\": 13", "\"vmm_pid\": \"13\""));
    CHECK_FALSE(changed("1700000001", "9223372036854775808"));
    // As a number of 32 bits this would be 13.
    CHECK_FALSE(changed("\"vmm_pid\": 13", "\"vmm_pid\": 4294967309"));
    CHECK_FALSE(changed("\"name\"", "\"nome\""));
    CHECK_FALSE(changed("true", "\"yes\""));
    CHECK_FALSE(parse_record(""));
    CHECK_FALSE(parse_record("[]"));
    CHECK_FALSE(parse_record(json.substr(0, json.size() / 2)));
}

}  // namespace bulkhead::state
