#include "host/events/event.h"

#include <catch2/catch.hpp>

namespace bulkhead::events {

namespace {

Event example() {
    return {1'700'000'000'123'456'789,
            "container",
            "die",
            "00ff",
            {{"name", "web"}, {"image", "busybox"}, {"exitCode", "3"}}};
}

}  // namespace

TEST_CASE("an event has docker's words") {
    CHECK(to_json(example()) ==
          R"({"status":"die","id":"00ff","from":"busybox","Type":"container","Action":"die",)"
          R"("Actor":{"ID":"00ff","Attributes":{"exitCode":"3","image":"busybox","name":"web"}},)"
          R"("scope":"local","time":1700000000,"timeNano":1700000000123456789})");
    CHECK(
        to_text(example()) ==
        "2023-11-14T22:13:20.123456789Z container die 00ff (exitCode=3, image=busybox, name=web)");
}

TEST_CASE("only a container was made from something") {
    Event event = example();
    event.type = "image";
    CHECK(to_json(event).find("\"from\"") == std::string::npos);
    event = example();
    event.attributes.erase("image");
    CHECK(to_json(event).find("\"from\"") == std::string::npos);
}

TEST_CASE("an event survives being written and read") {
    const auto read = parse_event(to_json(example()));
    REQUIRE(read);
    CHECK(read->time_ns == example().time_ns);
    CHECK(read->type == "container");
    CHECK(read->action == "die");
    CHECK(read->id == "00ff");
    CHECK(read->attributes == example().attributes);
}

TEST_CASE("whatever its attributes hold, an event is one line of bounded length") {
    Event event = example();
    event.attributes["label"] = "a\nb\xFF";
    CHECK(to_json(event).find('\n') == std::string::npos);
    CHECK(parse_event(to_json(event)));
    event.action = "exec_create: " + std::string(2 * kMaxLine, 'a');
    event.attributes["huge"] = std::string(2 * kMaxLine, 'x');
    const std::string line = to_json(event);
    CHECK(line.size() <= kMaxLine);
    const auto read = parse_event(line);
    REQUIRE(read);
    CHECK_FALSE(read->attributes.contains("huge"));
    CHECK(read->attributes.at("name") == "web");
}

TEST_CASE("a long action is cut between characters") {
    Event event = example();
    event.action = "exec_create: ";
    while (event.action.size() < 10'000) event.action += "\xE2\x82\xAC";
    const auto read = parse_event(to_json(event));
    REQUIRE(read);
    CHECK(event.action.starts_with(read->action));
    CHECK(read->action.size() > 4000);
}

TEST_CASE("what is no event is nothing") {
    const std::string line = to_json(example());
    const auto without = [&](const std::string& from, const std::string& to) {
        std::string copy = line;
        copy.replace(copy.find(from), from.size(), to);
        return parse_event(copy);
    };
    CHECK_FALSE(parse_event(""));
    CHECK_FALSE(parse_event("[]"));
    CHECK_FALSE(parse_event(line.substr(1)));
    CHECK_FALSE(without("\"Type\"", "\"Kind\""));
    CHECK_FALSE(without("\"timeNano\":", "\"timeNano\":0.5,\"x\":"));
    CHECK_FALSE(without("\"timeNano\":", "\"timeNano\":9223372036854775808,\"x\":"));
    CHECK_FALSE(without("\"exitCode\":\"3\"", "\"exitCode\":3"));
    CHECK_FALSE(parse_event(std::string(kMaxLine + 1, ' ')));
}

}  // namespace bulkhead::events
