#include "host/image/digest.h"

#include <string>

#include <catch2/catch.hpp>

namespace bulkhead::image {

namespace {

std::string hash(DigestAlgorithm algorithm, const std::string& text) {
    return digest_of(algorithm, std::as_bytes(std::span(text))).text();
}

}  // namespace

TEST_CASE("digests of known text have their published values") {
    // FIPS 180-2, appendix B.1 and C.1.
    CHECK(hash(DigestAlgorithm::Sha256, "abc") ==
          "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hash(DigestAlgorithm::Sha512, "abc") ==
          "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST_CASE("a valid digest is split into its parts") {
    const std::string hex(64, 'a');
    const auto digest = Digest::parse("sha256:" + hex);
    REQUIRE(digest.ok());
    CHECK(digest->hex() == hex);
    CHECK(digest->text() == "sha256:" + hex);
    CHECK(digest->path() == "sha256/" + hex);
}

TEST_CASE("what is not exactly a digest is refused") {
    const std::string hex(64, 'a');
    for (const std::string& text :
         {std::string(), std::string("sha256"), std::string("sha256:"), "sha256:" + hex + "0",
          "sha256:" + hex.substr(1), "sha256:" + std::string(64, 'A'),
          "sha256:" + std::string(64, 'g'), "sha512:" + hex, "md5:" + hex,
          std::string("sha256:../../../../etc/passwd"), "sha256:" + hex.substr(3) + "/..",
          "../sha256:" + hex, "SHA256:" + hex, "sha256:" + hex.substr(1) + std::string(1, '\0')}) {
        CAPTURE(text);
        CHECK_FALSE(Digest::parse(text).ok());
    }
}

}  // namespace bulkhead::image
