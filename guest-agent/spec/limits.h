// Bounds on what one request may carry: far above what real containers use.
#pragma once

#include <cstddef>

namespace bulkhead::agent {

inline constexpr std::size_t kMaxEntries = 4096;     // in any list of the spec
inline constexpr std::size_t kMaxArguments = 65536;  // arguments, and environment entries
inline constexpr std::size_t kMaxPath = 4096;        // PATH_MAX
inline constexpr std::size_t kMaxText = 4096;        // any other word
inline constexpr std::size_t kMaxHostname = 64;      // uname(2)
inline constexpr std::size_t kMaxEntropy = 512;      // bytes; proto/agent.proto
inline constexpr std::size_t kMaxInjectedFiles = 64;
inline constexpr std::size_t kMaxInjectedBytes = 1024 * 1024;  // all files together
inline constexpr std::size_t kMaxIdMappings = 340;             // user_namespaces(7)
inline constexpr std::size_t kMaxProcessId = 128;              // bytes in the id of an exec

}  // namespace bulkhead::agent
