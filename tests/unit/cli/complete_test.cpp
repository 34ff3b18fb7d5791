#include "tools/bulkhead/complete.h"

#include <array>

#include <catch2/catch.hpp>

#include "tools/bulkhead/groups.h"
#include "tools/bulkhead/man_page.h"
#include "tools/bulkhead/verb_table.h"

namespace bulkhead::cli {

namespace {

constexpr std::array kCommands = {&kRunCommand,  &kRmCommand,   &kRmiCommand,
                                  &kSaveCommand, &kLoadCommand, &kCompletionCommand};

Completion completion_of(const Words& words) {
    const KnownNames names = {
        [] {
            return std::vector<Candidate>{{"web", "running"}, {"db", "exited"}};
        },
        [] {
            return std::vector<Candidate>{{"busybox", "image"}, {"debian:12", "image"}};
        },
        [] {
            return std::vector<Candidate>{{"4aed2f5b2620", "template, usable"}};
        },
        [] {
            return std::vector<Candidate>{{"before", "checkpoint, web"}};
        }};
    return complete(kCommands, words, names);
}

Words words_after(const Words& words) {
    Words found;
    for (const Candidate& each : completion_of(words).candidates) found.push_back(each.word);
    return found;
}

}  // namespace

TEST_CASE("verbs and groups come first") {
    CHECK(words_after({"r"}) == Words{"run", "rm", "rmi"});
    CHECK(words_after({"con"}) == Words{"container"});
    CHECK(words_after({"template", "rm", ""}) == Words{"4aed2f5b2620"});
    CHECK(words_after({"run", "--template", ""}) == Words{"auto", "image", "machine", "never"});
    CHECK(words_after({"run", "--template", "m"}) == Words{"machine"});
    CHECK(words_after({"run", "--from", ""}) == Words{"before"});
    CHECK(words_after({"checkpoint", "rm", ""}) == Words{"before"});
    // Its verbs, or what to save.
    CHECK(words_after({"checkpoint", ""}) == Words{"create", "ls", "rm", "web", "db"});
    CHECK(words_after({"checkpoint", "create", ""}) == Words{"web", "db"});
    CHECK(words_after({"container", "r"}) == Words{"rename", "restart", "rm", "run"});
    CHECK(words_after({"--r"}) == Words{"--root"});
    CHECK(words_after({"nothing", ""}).empty());
    CHECK(words_after({}).empty());
}

TEST_CASE("global flags and their values are passed over") {
    CHECK(words_after({"--root", "/x", "rm", "w"}) == Words{"web"});
    CHECK(words_after({"--root=/x", "rm", "w"}) == Words{"web"});
    CHECK(completion_of({"--root", "/x"}).files);
    CHECK(words_after({"--root", "rm"}).empty());
}

TEST_CASE("flags are the verb's own") {
    CHECK(words_after({"rm", "--f"}) == Words{"--force"});
    CHECK(words_after({"container", "rm", "--f"}) == Words{"--force"});
    CHECK(words_after({"container", "prune", "--fi"}) == Words{"--filter"});
    CHECK(words_after({"run", "--rm", "--nam"}) == Words{"--name"});
}

TEST_CASE("arguments are what the usage line says") {
    CHECK(words_after({"rm", ""}) == Words{"web", "db"});
    CHECK(words_after({"rm", "web", ""}) == Words{"web", "db"});
    CHECK(words_after({"rmi", "-f", "d"}) == Words{"debian:12"});
    CHECK(words_after({"run", "--rm", "-e", "A=1", "--name", "x", "b"}) == Words{"busybox"});
    CHECK(words_after({"run", "busybox", "w"}).empty());
    CHECK(words_after({"completion", ""}) == Words{"bash", "zsh", "fish"});
    CHECK(words_after({"image", "rm", "b"}) == Words{"busybox"});
    CHECK(words_after({"container", "rm", "d"}) == Words{"db"});
}

TEST_CASE("paths are the shell's to complete") {
    CHECK(completion_of({"load", ""}).files);
    CHECK(completion_of({"save", "-o", ""}).files);
    CHECK(completion_of({"save", "--output", "/tm"}).files);
    CHECK_FALSE(completion_of({"save", "-o", "x", ""}).files);
}

TEST_CASE("a command tells its flags without doing its work") {
    const auto flags = flags_of(kRmCommand);
    REQUIRE(flags.size() == 2);
    CHECK(flags[0].name == "force");
    CHECK(flags[0].letter == "f");
    CHECK(flags[0].value_name.empty());
    CHECK(flags[1].name == "help");
    CHECK(flags_of(kSaveCommand)[0].value_name == "FILE");
}

TEST_CASE("every verb of every group has flags, a summary and an example") {
    for (const Group& group : groups()) {
        for (const GroupVerb& verb : group.verbs) {
            INFO(group.name << " " << verb.name);
            CHECK_FALSE(flags_of(*verb.command).empty());
            CHECK_FALSE(verb.command->summary.empty());
            CHECK(verb.command->example.find("bulkhead") != std::string::npos);
            CHECK(find_verb(group, verb.name) == verb.command);
        }
    }
    CHECK(find_verb(*find_group("image"), "list") == &kImagesCommand);
    CHECK(find_group("images") == nullptr);
    CHECK(aliases_of(kPsCommand) == Words{"bulkhead container ls"});
    CHECK(aliases_of(kContainerPruneCommand).empty());
}

TEST_CASE("the manual has every command, also those that only groups have") {
    const std::string page = man_page(kCommands);
    for (const Command* command : kCommands)
        CHECK(page.find("\n.SS " + std::string(command->name) + "\n") != std::string::npos);
    CHECK(page.find("\n.SS container prune\n") != std::string::npos);
    CHECK(page.find("\\fB\\-\\-output\\fR \\fIFILE\\fR") != std::string::npos);
}

}  // namespace bulkhead::cli
