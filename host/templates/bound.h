// How many templates of each kind, machines' and images', a data root keeps, and which one goes for
// a new one: the one that was not used for the longest time, unless a machine has it now. Thread:
// any.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::templates {

class Store;

// Each takes some tens of MB, and more shapes than these are rarely wanted in turn.
inline constexpr std::size_t kMostTemplates = 8;

// Its directory's time of change says when a template was last used; a shared lock of its memory,
// which lasts for as long as that or a duplicate of it is open, that it is used. Neither can fail a
// start: without them a template goes sooner.
void mark_used(const UniqueFd& directory, const UniqueFd& memory);

// Removes what is too much, but never `spared`. Those that are used stay, also when they are more.
Result<void> keep_to_bound(const Store& store, const std::string& spared);

}  // namespace bulkhead::templates
