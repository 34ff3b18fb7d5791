#include "tools/bulkhead/copy_paths.h"

#include <catch2/catch.hpp>

namespace bulkhead::cli {

namespace {

// "DIRECTORY NAME", or the error.
std::string plan(const CopySide& source, const CopySide& destination) {
    const auto plan = plan_copy(source, split_path(source.path).name, destination);
    return plan ? plan->directory + " " + plan->name : plan.error().message();
}

}  // namespace

TEST_CASE("a container is what stands before the first colon, unless the path says otherwise") {
    CHECK(parse_copy_argument("web:/a:b").container == "web");
    CHECK(parse_copy_argument("web:/a:b").path == "/a:b");
    CHECK(parse_copy_argument("/a:b").container.empty());
    CHECK(parse_copy_argument("./a:b").path == "./a:b");
    CHECK(parse_copy_argument("plain").container.empty());
    CHECK(parse_copy_argument("web:").path.empty());
}

TEST_CASE("a path is split by its last part") {
    for (const auto& [path, directory, name] :
         {std::tuple("/a/b", "/a", "b"), std::tuple("/a/b/", "/a", "b"),
          std::tuple("/a/b/.", "/a/b", "."), std::tuple("/a", "/", "a"), std::tuple("/", "/", "."),
          std::tuple("a", ".", "a"), std::tuple(".", ".", "."),
          std::tuple("/a//b/../c", "/a", "c")}) {
        CAPTURE(path);
        CHECK(split_path(path).directory == directory);
        CHECK(split_path(path).name == name);
    }
    CHECK(asserts_directory("/a/"));
    CHECK(asserts_directory("/a/."));
    CHECK(!asserts_directory("/a"));
    CHECK(resolve_link("/a/link", "b") == "/a/b");
    CHECK(resolve_link("/link", "/b") == "/b");
    CHECK(resolve_link("/link", "b") == "/b");
}

TEST_CASE("where a copy goes, as docker's documentation says") {
    const CopySide file{"/s/f", true, false};
    const CopySide folder{"/s/d", true, true};
    const CopySide content{"/s/d/.", true, true};
    // The source is a file.
    CHECK(plan(file, {"/new", false, false}) == "/ new");
    CHECK(plan(file, {"/x/new/", false, false}) == "no such directory");
    CHECK(plan(file, {"/x/old", true, false}) == "/x old");
    CHECK(plan(file, {"/x/", true, true}) == "/x/ f");
    // The source is a directory.
    CHECK(plan(folder, {"/x/new", false, false}) == "/x new");
    CHECK(plan(folder, {"/x/new/", false, false}) == "/x new");
    CHECK(plan(folder, {"/x/old", true, false}) == "cannot copy directory");
    CHECK(plan(folder, {"/x", true, true}) == "/x d");
    CHECK(plan(content, {"/x", true, true}) == "/x .");
    CHECK(plan(content, {"/x/new", false, false}) == "/x new");
    CHECK(plan(content, {"/x/new/.", false, false}) == "/x new");
}

}  // namespace bulkhead::cli
