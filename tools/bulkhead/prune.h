// Removing what nothing uses. Thread: main.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/filters.h"

namespace bulkhead::cli {

struct Pruned {
    std::vector<std::string> lines;  // what went, as it is printed
    std::uint64_t bytes = 0;
};

// The keys that prunes are filtered by.
Filters prune_filters();

// Containers that do not run.
Result<Pruned> prune_containers(const Context& context, const Filters& filters);

// Images without a name, or with `all` those that no container uses.
Result<Pruned> prune_images(const Context& context, const Filters& filters, bool all);

// Templates that no start can use any more, or with `all` all; and what is left of unfinished ones.
Result<Pruned> prune_templates(const Context& context, bool all);

// What is left of checkpoints that were not finished; the others are their users' data.
Result<std::uint64_t> prune_checkpoints(const Context& context);

// "Deleted Containers:" and the lines, if there are any.
std::string pruned_text(std::string_view heading, const Pruned& pruned);
std::string reclaimed_text(std::uint64_t bytes);

}  // namespace bulkhead::cli
