#include "host/image/digest.h"

#include <algorithm>
#include <array>

#include <openssl/crypto.h>
#include <openssl/evp.h>

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

EVP_MD_CTX* as_context(void* context) {
    return static_cast<EVP_MD_CTX*>(context);
}

// Else the first use reads a file that OPENSSL_CONF may name, and loads the libraries that it
// names. Only the first call has an effect.
void refuse_configuration() {
    BULKHEAD_CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1);
}

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

void Hasher::ContextDeleter::operator()(void* context) const {
    EVP_MD_CTX_free(as_context(context));
}

Hasher::Hasher(DigestAlgorithm algorithm) : algorithm_(algorithm), context_(EVP_MD_CTX_new()) {
    BULKHEAD_CHECK(context_ != nullptr);
    refuse_configuration();
    const EVP_MD* method = algorithm == DigestAlgorithm::Sha256 ? EVP_sha256() : EVP_sha512();
    BULKHEAD_CHECK(EVP_DigestInit_ex(as_context(context_.get()), method, nullptr) == 1);
}

void Hasher::update(std::span<const std::byte> bytes) {
    BULKHEAD_CHECK(EVP_DigestUpdate(as_context(context_.get()), bytes.data(), bytes.size()) == 1);
}

Digest Hasher::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned int length = 0;
    BULKHEAD_CHECK(EVP_DigestFinal_ex(as_context(context_.get()), value.data(), &length) == 1);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(length * std::size_t{2});
    for (unsigned int i = 0; i < length; ++i) {
        hex.push_back(kDigits[value[i] >> 4U]);
        hex.push_back(kDigits[value[i] & 15U]);
    }
    return {algorithm_, std::move(hex)};
}

Digest digest_of(DigestAlgorithm algorithm, std::span<const std::byte> bytes) {
    Hasher hasher(algorithm);
    hasher.update(bytes);
    return hasher.finish();
}

}  // namespace bulkhead::image
