#include "host/image/image_commit.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "host/image/config_change.h"

namespace bulkhead::image {

namespace {

using Json = nlohmann::json;

// The configuration after the changes, or the error.
std::string changed(const std::string& config, const std::vector<std::string>& changes) {
    const auto result = change_config(config, changes);
    return result ? *result : result.error().message();
}

}  // namespace

TEST_CASE("Dockerfile instructions change a configuration") {
    CHECK(changed("{}", {"CMD [\"a\", \"b c\"]"}) == R"({"Cmd":["a","b c"]})");
    CHECK(changed("{}", {"cmd echo hi"}) == R"({"Cmd":["/bin/sh","-c","echo hi"]})");
    CHECK(changed(R"({"Cmd":["old"]})", {"ENTRYPOINT [\"e\"]"}) == R"({"Entrypoint":["e"]})");
    CHECK(changed("{}", {"ENTRYPOINT [\"e\"]", "CMD [\"c\"]"}) ==
          R"({"Cmd":["c"],"Entrypoint":["e"]})");
    CHECK(changed(R"({"Env":["A=1","B=2"]})", {"ENV A=\"x y\" C='$q'", "ENV D some words"}) ==
          R"({"Env":["A=x y","B=2","C=$q","D=some words"]})");
    CHECK(changed("{}", {"EXPOSE 80 53/udp"}) == R"({"ExposedPorts":{"53/udp":{},"80/tcp":{}}})");
    CHECK(changed("{}", {"LABEL a=1 b=\"two words\""}) ==
          R"({"Labels":{"a":"1","b":"two words"}})");
    CHECK(changed(R"({"WorkingDir":"/a"})", {"WORKDIR b", "WORKDIR c"}) ==
          R"({"WorkingDir":"/a/b/c"})");
    CHECK(changed("{}", {"VOLUME [\"/a\"]", "VOLUME /b /c"}) ==
          R"({"Volumes":{"/a":{},"/b":{},"/c":{}}})");
    CHECK(changed("{}", {"USER 1:2", "STOPSIGNAL INT", "ONBUILD RUN x"}) ==
          R"({"OnBuild":["RUN x"],"StopSignal":"INT","User":"1:2"})");
    CHECK(changed("{}", {"HEALTHCHECK --interval=1m30s --retries=3 CMD true"}) ==
          R"({"Healthcheck":{"Interval":90000000000,"Retries":3,"Test":["CMD-SHELL","true"]}})");
    CHECK(changed("{}", {"HEALTHCHECK NONE"}) == R"({"Healthcheck":{"Test":["NONE"]}})");
}

TEST_CASE("what is no such instruction is refused, with its text") {
    for (const char* text :
         {"FROM x", "", "CMD", "ENV", "ENV =x", "ENV lonely", "EXPOSE 0", "EXPOSE 80/x",
          "LABEL a=\"open", "HEALTHCHECK CMD", "HEALTHCHECK --interval=x CMD y",
          "HEALTHCHECK --what=1 CMD y", "EXPOSE 99999"}) {
        const auto result = change_config("{}", {text});
        CAPTURE(text);
        REQUIRE(!result);
        CHECK(result.error().message().find(text) != std::string::npos);
    }
    CHECK(!change_config("[]", {}));
}

TEST_CASE("a committed configuration is its base's, with the container's and one more layer") {
    const Digest layer = Digest::parse("sha256:" + std::string(64, 'a')).value();
    const std::string base = R"({"architecture":"amd64","os":"linux","container":"x",
        "config":{"Cmd":["old"],"Env":["OLD=1"],"ExposedPorts":{"80/tcp":{}}},
        "rootfs":{"type":"layers","diff_ids":["sha256:base"]}})";
    ImageCommit commit{.base = layer,
                       .layer = -1,
                       .name = {},
                       .author = "Ada",
                       .message = "why",
                       .config = {},
                       .changes = {"LABEL a=b"}};
    commit.config.cmd = {"new"};
    commit.config.env = {"NEW=1"};
    const auto text = committed_config(base, commit, layer, "2026-01-01T00:00:00Z");
    REQUIRE(text);
    const Json image = Json::parse(*text);
    CHECK(image["config"]["Cmd"] == Json({"new"}));
    CHECK(image["config"]["Env"] == Json({"NEW=1"}));
    CHECK(image["config"]["ExposedPorts"].contains("80/tcp"));
    CHECK(image["config"]["Labels"]["a"] == "b");
    CHECK(image["rootfs"]["diff_ids"].size() == 2);
    CHECK(image["rootfs"]["diff_ids"][1] == layer.text());
    CHECK(image["history"][0]["comment"] == "why");
    CHECK(image["author"] == "Ada");
    CHECK(!image.contains("container"));
    CHECK(!committed_config("[1]", commit, layer, "now"));
}

}  // namespace bulkhead::image
