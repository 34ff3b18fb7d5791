// Which pages of its memory the first container of an image's template soon wrote to: a file beside
// the template's others, written when that is known, which is after the template was published. It
// is a hint: what is wrong with it, or missing, costs later starts some time. Thread: any.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/page_runs.h"
#include "base/result.h"

namespace bulkhead::templates {

inline constexpr const char* kWrittenFile = "written";
inline constexpr std::size_t kMostWrittenBytes = 64 * 1024;

std::string written_text(std::span<const PageRun> runs);

// Runs of a memory of so many pages; an empty text has none.
Result<std::vector<PageRun>> parse_written(std::string_view text, std::uint64_t pages);

}  // namespace bulkhead::templates
