#include "host/image/reference.h"

#include <string>

#include <catch2/catch.hpp>

namespace bulkhead::image {

namespace {

std::string complete(const std::string& text) {
    const auto reference = Reference::parse(text);
    return reference.ok() ? reference->text() : "error";
}

std::string shown(const std::string& text) {
    const auto reference = Reference::parse(text);
    return reference.ok() ? reference->familiar() : "error";
}

}  // namespace

TEST_CASE("short names are completed as Docker completes them") {
    CHECK(complete("busybox") == "docker.io/library/busybox:latest");
    CHECK(complete("busybox:1.36") == "docker.io/library/busybox:1.36");
    CHECK(complete("foo/bar") == "docker.io/foo/bar:latest");
    CHECK(complete("docker.io/busybox") == "docker.io/library/busybox:latest");
    CHECK(complete("index.docker.io/library/busybox") == "docker.io/library/busybox:latest");
    CHECK(complete("localhost/a") == "localhost/a:latest");
    CHECK(complete("localhost:5000/a:b") == "localhost:5000/a:b");
    CHECK(complete("quay.io/a/b/c") == "quay.io/a/b/c:latest");
    CHECK(complete("[::1]:5000/a") == "[::1]:5000/a:latest");
}

TEST_CASE("a name with a digest needs no tag") {
    const std::string digest = "sha256:" + std::string(64, '0');
    CHECK(complete("busybox@" + digest) == "docker.io/library/busybox@" + digest);
    CHECK(complete("busybox:1@" + digest) == "docker.io/library/busybox:1@" + digest);
    CHECK(complete("busybox@sha256:12") == "error");
}

TEST_CASE("names are shown without what Docker leaves out") {
    CHECK(shown("docker.io/library/busybox:latest") == "busybox:latest");
    CHECK(shown("docker.io/foo/bar:1") == "foo/bar:1");
    CHECK(shown("quay.io/library/x") == "quay.io/library/x:latest");
}

TEST_CASE("what is no name is refused") {
    for (const char* text :
         {"",     ":",     "a:",     "A",          "a/B",  "a//b",        "/a",
          "a/",   "a:b:c", "-a",     "a-",         "a..b", "a___b",       "a b",
          "a:-x", "../a",  "a/../b", "http://a/b", "a@b",  "host:port/a", "host:999999/a"}) {
        CAPTURE(text);
        CHECK(complete(text) == "error");
    }
    CHECK(complete(std::string(300, 'a')) == "error");
    CHECK(complete("a:" + std::string(129, 'a')) == "error");
}

TEST_CASE("separators inside a repository's name are allowed") {
    CHECK(complete("a.b_c__d-e---f") == "docker.io/library/a.b_c__d-e---f:latest");
}

}  // namespace bulkhead::image
