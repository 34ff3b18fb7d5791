#include <catch2/catch.hpp>

#include "tools/bulkhead/run_flags.h"

namespace bulkhead::cli {

namespace {

Result<void> parse(RunFlags& flags, const Words& words) {
    const Words rest = TRY(parse_flags(words, run_flags(flags), Placement::BeforeArguments));
    return take_run_arguments("run", rest, flags);
}

runtime::Lookup environment_with(const std::string& value) {
    return [value](const std::string& name) {
        return name == "BULKHEAD_TEMPLATE" ? std::optional(value) : std::nullopt;
    };
}

}  // namespace

TEST_CASE("which saved machine a start goes on from: the flag says, or else the environment") {
    const std::pair<const char*, TemplateUse> uses[] = {{"auto", TemplateUse::Auto},
                                                        {"image", TemplateUse::Image},
                                                        {"machine", TemplateUse::Machine},
                                                        {"never", TemplateUse::Never}};
    for (const auto& [text, use] : uses) {
        RunFlags said;
        REQUIRE(parse(said, {"--template", text, "i"}));
        CHECK(said.template_use == use);
        // What the flag wins over is not looked at.
        for (const char* other : {"auto", "never", "sometimes"}) {
            REQUIRE(load_template_use(said, environment_with(other)));
            CHECK(said.template_use == use);
        }
        RunFlags unsaid;
        REQUIRE(parse(unsaid, {"i"}));
        CHECK_FALSE(unsaid.template_use);
        REQUIRE(load_template_use(unsaid, environment_with(text)));
        CHECK(unsaid.template_use == use);
    }
}

TEST_CASE("an environment without a word of templates says nothing, and nonsense is an error") {
    RunFlags flags;
    REQUIRE(load_template_use(flags, [](const std::string&) { return std::nullopt; }));
    CHECK_FALSE(flags.template_use);
    REQUIRE(load_template_use(flags, environment_with("")));
    CHECK_FALSE(flags.template_use);
    for (const char* text : {"always", "Auto", "never ", "0"}) {
        const auto loaded = load_template_use(flags, environment_with(text));
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().message() == "BULKHEAD_TEMPLATE: want auto, image, machine or never");
        CHECK_FALSE(flags.template_use);
    }
}

TEST_CASE("the environment's word is none that is refused beside a checkpoint") {
    RunFlags flags;
    REQUIRE(parse(flags, {"--from", "one"}));
    REQUIRE(load_template_use(flags, environment_with("never")));
    CHECK(check_run_flags(flags));
}

}  // namespace bulkhead::cli
