#include "host/image/digest.h"

#include <algorithm>
#include <array>

// Its plain functions, which the library calls deprecated: the others build tables of all that it
// knows before the first digest, which takes longer than all else that a start has to compute.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/check.h"
#include "base/text.h"

namespace bulkhead::image {

namespace {

struct Algorithm {
    DigestAlgorithm value;
    std::string_view name;
    std::size_t hex_length;
};

constexpr std::array<Algorithm, 2> kAlgorithms{{
    {DigestAlgorithm::Sha256, "sha256", 64},
    {DigestAlgorithm::Sha512, "sha512", 128},
}};

// For messages: what an image says may be long and unprintable.
std::string excerpt(std::string_view text) {
    std::string shown(text.substr(0, 80));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return shown;
}

}  // namespace

bool is_lower_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<Digest> Digest::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return Error(concat("invalid digest \"", excerpt(text), "\": no algorithm"));
    }
    for (const Algorithm& known : kAlgorithms) {
        if (text.substr(0, colon) != known.name) continue;
        const std::string_view hex = text.substr(colon + 1);
        if (hex.size() != known.hex_length || !is_lower_hex(hex)) {
            return Error(concat("invalid digest \"", excerpt(text), "\": not ", known.hex_length,
                                " lower-case hexadecimal digits"));
        }
        return Digest(known.value, std::string(hex));
    }
    return Error(concat("unsupported digest \"", excerpt(text), "\": only sha256 and sha512 are"));
}

std::string_view Digest::algorithm_name() const {
    return algorithm_ == DigestAlgorithm::Sha256 ? "sha256" : "sha512";
}

std::string Digest::text() const {
    return std::string(algorithm_name()) + ":" + hex_;
}

std::string Digest::path() const {
    return std::string(algorithm_name()) + "/" + hex_;
}

struct Hasher::State {
    union {
        SHA256_CTX sha256;
        SHA512_CTX sha512;
    };
};

Hasher::Hasher(DigestAlgorithm algorithm)
    : algorithm_(algorithm), state_(std::make_unique<State>()) {
    const int begun = algorithm == DigestAlgorithm::Sha256 ? SHA256_Init(&state_->sha256)
                                                           : SHA512_Init(&state_->sha512);
    BULKHEAD_CHECK(begun == 1);
}

Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> bytes) {
    const int taken = algorithm_ == DigestAlgorithm::Sha256
                          ? SHA256_Update(&state_->sha256, bytes.data(), bytes.size())
                          : SHA512_Update(&state_->sha512, bytes.data(), bytes.size());
    BULKHEAD_CHECK(taken == 1);
}

Digest Hasher::finish() {
    std::array<unsigned char, SHA512_DIGEST_LENGTH> value{};
    const bool sha256 = algorithm_ == DigestAlgorithm::Sha256;
    BULKHEAD_CHECK((sha256 ? SHA256_Final(value.data(), &state_->sha256)
                           : SHA512_Final(value.data(), &state_->sha512)) == 1);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte :
         std::span(value).first(sha256 ? SHA256_DIGEST_LENGTH : SHA512_DIGEST_LENGTH)) {
        hex.push_back(kDigits[byte >> 4U]);
        hex.push_back(kDigits[byte & 15U]);
    }
    return {algorithm_, std::move(hex)};
}

Digest digest_of(DigestAlgorithm algorithm, std::span<const std::byte> bytes) {
    Hasher hasher(algorithm);
    hasher.update(bytes);
    return hasher.finish();
}

}  // namespace bulkhead::image
