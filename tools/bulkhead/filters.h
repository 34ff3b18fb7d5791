// --filter KEY=VALUE of lists and prunes, with docker's rules. Thread: any.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/bulkhead/flags.h"

namespace bulkhead::cli {

class Filters {
  public:
    // `keys`: what may be filtered by.
    explicit Filters(std::vector<std::string> keys) : keys_(std::move(keys)) {}

    // "name=web".
    Result<void> add(const std::string& filter);

    [[nodiscard]] bool has(std::string_view key) const;
    // As often as the key was given; empty when it was not.
    [[nodiscard]] const std::vector<std::string>& values(std::string_view key) const;

    // Whether `fits` holds for one of the key's values, or the key was not given.
    [[nodiscard]] bool any(std::string_view key,
                           const std::function<bool(const std::string&)>& fits) const;

    // The flag that fills this object, which must outlive it. Prunes have no letter for it, as -f
    // is --force there.
    Flag flag(char letter = 'f');

  private:
    std::vector<std::string> keys_;
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// docker's rule for `label` and `label!`: all of the first ("key" or "key=value") are there, and
// none of the others.
bool labels_fit(const Filters& filters, const std::map<std::string, std::string>& labels);

// What `dangling=`, and others like it, were given: "true", "1", "false", "0".
Result<bool> boolean_filter(const Filters& filters, std::string_view key, bool otherwise);

// The moment of `until=`, in seconds since 1970; 0 when it was not given.
Result<std::int64_t> until_filter(const Filters& filters, std::int64_t now);

}  // namespace bulkhead::cli
