// Digest: "sha256:<64 hex digits>" or "sha512:<128>" (OCI image-spec, descriptor.md "Digests"), and
// the hasher that makes one. A Digest that exists has passed the grammar, so its parts are safe in
// a path. Thread: any one at a time.
#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::image {

enum class DigestAlgorithm { Sha256, Sha512 };

class Digest {
  public:
    // Strict: a known algorithm and lower-case hexadecimal of its exact length.
    static Result<Digest> parse(std::string_view text);

    [[nodiscard]] DigestAlgorithm algorithm() const { return algorithm_; }

    [[nodiscard]] std::string_view algorithm_name() const;

    [[nodiscard]] const std::string& hex() const { return hex_; }

    // "sha256:<hex>"
    [[nodiscard]] std::string text() const;
    // "sha256/<hex>"
    [[nodiscard]] std::string path() const;

    friend auto operator<=>(const Digest&, const Digest&) = default;

  private:
    friend class Hasher;

    Digest(DigestAlgorithm algorithm, std::string hex)
        : algorithm_(algorithm), hex_(std::move(hex)) {}

    DigestAlgorithm algorithm_;
    std::string hex_;
};

class Hasher {
  public:
    explicit Hasher(DigestAlgorithm algorithm);
    Hasher(const Hasher&) = delete;
    Hasher& operator=(const Hasher&) = delete;
    ~Hasher();

    void update(std::span<const std::byte> bytes);
    // Once; nothing may follow.
    Digest finish();

  private:
    struct State;

    DigestAlgorithm algorithm_;
    std::unique_ptr<State> state_;
};

// The digest of a whole buffer.
Digest digest_of(DigestAlgorithm algorithm, std::span<const std::byte> bytes);

[[nodiscard]] bool is_lower_hex(std::string_view text);

}  // namespace bulkhead::image
