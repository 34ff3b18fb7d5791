// The template of an empty writable disk (made by tools/make_upper_template, which says what the
// file looks like): only the blocks that are not zero. Thread: any.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace bulkhead::sandbox {

// The size of the template's disk when there is no other wish.
inline constexpr std::uint64_t kTemplateDiskBytes = std::uint64_t{10} << 30U;

// Makes the empty file `disk` into a sparse copy of the template's disk.
Result<void> write_template(const std::string& template_path, int disk);

}  // namespace bulkhead::sandbox
