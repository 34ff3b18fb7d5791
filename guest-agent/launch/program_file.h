// A program's file, and its interpreter's. Thread: the child's only one.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace bulkhead::agent {

// The path of the interpreter that a file with this beginning is run by: a script's, or an ELF
// program's. Empty: none, or no such file.
std::string interpreter_of(std::span<const std::byte> head);

// Reads them, so that the kernel has them in memory: at most 32 MiB of each. Files of an image:
// anything may be in them, and what cannot be read is not.
void read_program(const std::string& path);

}  // namespace bulkhead::agent
