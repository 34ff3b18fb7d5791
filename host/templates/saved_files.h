// Directories of files that a saved machine is in: looked at, finished and removed so that whoever
// finds one finds all of it, also after a crash. What begins with a dot in a store is not finished,
// or on its way out. For templates and checkpoints. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::templates {

inline constexpr char kUnfinished = '.';

// That the files in it take of the disk.
std::uint64_t disk_bytes_of(const std::string& directory);

// A new, empty file for its owner.
Result<UniqueFd> make_saved_file(const std::string& path);
// Nothing changes it any more: it is synced, and cannot be written. Gives its size. `name` is for
// the error.
Result<std::uint64_t> finish_saved_file(const UniqueFd& file, const std::string& name);

// A file of the directory, to read; no link.
Result<UniqueFd> open_saved_file(const UniqueFd& directory, const char* name);
// A regular one of this size.
Result<UniqueFd> open_saved_file(const UniqueFd& directory, const char* name, std::uint64_t size);

// All of a file of the directory that is no larger than `most`.
Result<std::string> read_saved_text(const UniqueFd& directory, const char* name, std::size_t most);

// Whether it was there. It is out of the way at once and as a whole, whoever else removes or makes
// one of this name.
Result<bool> remove_saved(const std::string& store, const std::string& name);

// What is not finished. Gives the bytes that it took.
std::uint64_t remove_unfinished(const std::string& store);

}  // namespace bulkhead::templates
