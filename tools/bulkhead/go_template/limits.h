// Bounds on what a template may ask for: it is the user's own, but a mistake must end as an error.
#pragma once

#include <cstddef>

namespace bulkhead::go_template {

inline constexpr std::size_t kMaxSourceBytes = 1U << 20;
// Blocks inside blocks and parentheses inside parentheses: bounds the stack.
inline constexpr int kMaxDepth = 64;
// Of the whole output, and of what one function gives.
inline constexpr std::size_t kMaxOutputBytes = 16U << 20;
// Elements of a list that a function makes.
inline constexpr std::size_t kMaxParts = 1U << 16;
// Nodes that are executed and functions that are called, in all.
inline constexpr std::size_t kMaxSteps = 1U << 20;
// What `pad` and printf's widths may add.
inline constexpr std::size_t kMaxWidth = 4096;

}  // namespace bulkhead::go_template
