// The files that a journal consists of. Each is named by the place of its first byte in the whole
// journal, so that a cursor is one number that stays right when old files go. For this folder
// only. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bulkhead::events {

// DIRECTORY/00000000000000000000.jsonl
std::string segment_path(const std::string& directory, std::uint64_t begin);

// Where each begins, in order. None when the directory cannot be read.
std::vector<std::uint64_t> list_segments(const std::string& directory);

}  // namespace bulkhead::events
