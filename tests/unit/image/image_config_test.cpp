#include "host/image/image_config.h"

#include <string>

#include <catch2/catch.hpp>

namespace bulkhead::image {

namespace {

const std::string kDiffId = "sha256:" + std::string(64, '1');

std::string with(const std::string& members) {
    return R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[")" +
           kDiffId + R"("]})" + members + "}";
}

}  // namespace

TEST_CASE("a config gives what a process needs") {
    const auto parsed = parse_image_description(with(R"(,"created":"2024-01-02T03:04:05Z","config":{
        "Env":["PATH=/bin","A=b=c"],"Entrypoint":["/e"],"Cmd":["x","y"],"WorkingDir":"/w","User":"1:2",
        "ExposedPorts":{"80/tcp":{}},"Volumes":{"/data":{}},"Labels":{"k":"v"},"StopSignal":"SIGINT",
        "Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Retries":3}})"));
    REQUIRE(parsed.ok());
    CHECK(parsed->created == "2024-01-02T03:04:05Z");
    const ImageConfig& config = parsed->config;
    CHECK(config.env == std::vector<std::string>{"PATH=/bin", "A=b=c"});
    CHECK(config.entrypoint == std::vector<std::string>{"/e"});
    CHECK(config.cmd == std::vector<std::string>{"x", "y"});
    CHECK(config.working_dir == "/w");
    CHECK(config.user == "1:2");
    CHECK(config.exposed_ports == std::vector<std::string>{"80/tcp"});
    CHECK(config.volumes == std::vector<std::string>{"/data"});
    CHECK(config.labels.at("k") == "v");
    CHECK(config.stop_signal == "SIGINT");
    REQUIRE(config.healthcheck.has_value());
    CHECK(config.healthcheck->interval == 30000000000);
    CHECK(config.healthcheck->retries == 3);
    REQUIRE(parsed->diff_ids.size() == 1);
    CHECK(parsed->diff_ids[0].text() == kDiffId);
}

TEST_CASE("what is missing or null in a config is empty") {
    const auto parsed = parse_image_description(
        with(R"(,"config":{"Env":null,"Cmd":null,"Labels":null,"Volumes":null})"));
    REQUIRE(parsed.ok());
    CHECK(parsed->config == ImageConfig{});
    CHECK(parse_image_description(with("")).ok());
}

TEST_CASE("a config of the wrong shape is refused") {
    for (const char* members :
         {R"(,"config":{"Env":"x"})", R"(,"config":{"Env":[1]})", R"(,"config":{"User":5})",
          R"(,"config":{"Labels":{"a":1}})", R"(,"config":{"Labels":["a"]})",
          R"(,"config":{"Volumes":["a"]})", R"(,"config":{"Healthcheck":{"Interval":"1s"}})",
          R"(,"config":{"Healthcheck":{"Interval":9223372036854775808}})",
          R"(,"config":{"Env":["a\u0000b"]})", R"(,"created":7)"}) {
        CAPTURE(members);
        CHECK_FALSE(parse_image_description(with(members)).ok());
    }
    CHECK_FALSE(parse_image_description("").ok());
    CHECK_FALSE(parse_image_description("[]").ok());
    CHECK_FALSE(parse_image_description("{}").ok());
    CHECK_FALSE(parse_image_description(R"({"rootfs":{"type":"other","diff_ids":[]}})").ok());
    CHECK_FALSE(
        parse_image_description(R"({"rootfs":{"type":"layers","diff_ids":["sha256:../.."]}})")
            .ok());
    CHECK_FALSE(parse_image_description("{\"os\":\"\xff\"}").ok());
}

TEST_CASE("how an image was made is read, for show") {
    const auto parsed = parse_image_description(with(
        R"(,"author":"me","history":[{"created":"2024-05-01T10:00:00Z","created_by":"ADD x","comment":"c"},{"empty_layer":true}])"));
    REQUIRE(parsed);
    CHECK(parsed->author == "me");
    CHECK(parsed->history ==
          std::vector<HistoryEntry>{{"2024-05-01T10:00:00Z", "ADD x", "c", false},
                                    {"", "", "", true}});
    CHECK(parse_image_description(with("")).value().history.empty());
    CHECK_FALSE(parse_image_description(with(R"(,"history":{})")));
    CHECK_FALSE(parse_image_description(with(R"(,"history":[{"created":1}])")));
}

TEST_CASE("deep and large JSON is refused before it is parsed") {
    const std::string deep = std::string(100000, '[') + std::string(100000, ']');
    const auto parsed = parse_image_description(deep);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().message().find("deeper") != std::string::npos);
    CHECK_FALSE(parse_image_description(std::string(5U << 20U, ' ') + "{}").ok());
    CHECK(
        parse_image_description(
            with(
                R"(,"x":"[[[[[[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")"))
            .ok());
}

TEST_CASE("more layers than Docker allows are refused") {
    std::string ids;
    for (int i = 0; i < 128; ++i) ids += (i == 0 ? "\"" : ",\"") + kDiffId + "\"";
    CHECK_FALSE(
        parse_image_description(R"({"rootfs":{"type":"layers","diff_ids":[)" + ids + "]}}").ok());
}

}  // namespace bulkhead::image
