// Reading JSON that somebody else wrote: a value together with its path ("linux.devices[2].major"),
// which every error names. What is missing or null reads as empty; another type than the expected
// one is an error. For .cpp files of this folder. Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace bulkhead::runtime {

// Bounded in size and depth.
Result<nlohmann::json> parse_json_object(std::string_view text);

class JsonNode {
  public:
    static constexpr std::size_t kMostElements = 4096;

    // `value` must outlive the node.
    JsonNode(const nlohmann::json& value, std::string path)
        : value_(&value), path_(std::move(path)) {}

    // Whether the member is there, whatever it is.
    [[nodiscard]] bool has(const char* name) const { return member(name) != nullptr; }

    [[nodiscard]] Result<std::string> text(const char* name) const;
    [[nodiscard]] Result<std::vector<std::string>> texts(const char* name,
                                                         std::size_t most = kMostElements) const;
    [[nodiscard]] Result<std::map<std::string, std::string>> text_map(const char* name) const;
    [[nodiscard]] Result<bool> boolean(const char* name) const;
    [[nodiscard]] Result<std::optional<std::int64_t>> integer(const char* name, std::int64_t least,
                                                              std::int64_t most) const;
    [[nodiscard]] Result<std::optional<std::uint64_t>> size(const char* name) const;
    [[nodiscard]] Result<std::optional<std::uint32_t>> id(const char* name) const;
    [[nodiscard]] Result<std::optional<JsonNode>> object(const char* name) const;
    // A list of objects.
    [[nodiscard]] Result<std::vector<JsonNode>> objects(const char* name) const;
    // The members of an object of objects, by name.
    [[nodiscard]] Result<std::map<std::string, JsonNode>> object_map(const char* name) const;

    [[nodiscard]] const nlohmann::json& value() const { return *value_; }

    // The value as JSON text.
    [[nodiscard]] std::string dump() const { return value_->dump(); }

    [[nodiscard]] std::string path_of(std::string_view name) const;
    // "linux.devices[2].major: what"
    [[nodiscard]] Error error(std::string_view name, std::string_view what) const;

  private:
    [[nodiscard]] const nlohmann::json* member(const char* name) const;

    const nlohmann::json* value_;
    std::string path_;
};

}  // namespace bulkhead::runtime
