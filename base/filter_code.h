// Pieces of a seccomp filter in the kernel's classic BPF. Every piece ends in a return on every
// path, so pieces can be put one after another. Thread: any (pure).
#pragma once

#include <linux/filter.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bulkhead::seccomp {

using FilterCode = std::vector<sock_filter>;

sock_filter statement(unsigned code, std::size_t k);

// Loads 32 bits of seccomp_data.
sock_filter load_word(std::size_t offset);

// Skips so many instructions if the comparison with k holds, and so many if it does not; at most
// 255.
sock_filter branch(unsigned comparison, std::uint32_t k, std::size_t if_true, std::size_t if_false);

void append(FilterCode& code, std::span<const sock_filter> more);

std::array<sock_filter, 1> return_code(std::uint32_t action);

// What is done about the calls of one architecture: from each range's first number up to the next
// one's, the same. Filters are compiled on every start, so all of it lies in one piece of memory.
class CallRanges {
  public:
    // In the order of their numbers, from 0 on. One that starts where the last one does takes its
    // place; one that only goes on with what the last one does adds nothing.
    void add(std::uint32_t first, std::span<const sock_filter> code);

    // A binary search for the call's number, which the code loads.
    [[nodiscard]] FilterCode search_code() const;

  private:
    struct Range {
        std::uint32_t first = 0;
        std::size_t begin = 0;  // in bodies_, up to the next one's
    };

    using Ranges = std::span<const Range>;

    [[nodiscard]] std::span<const sock_filter> body(const Range& range) const;
    [[nodiscard]] std::size_t length(Ranges ranges) const;
    void search(FilterCode& code, Ranges ranges) const;

    std::vector<Range> ranges_;
    FilterCode bodies_;
};

// `matching` for calls of this architecture (AUDIT_ARCH_*), `rest` for all others.
FilterCode architecture_code(std::uint32_t architecture, std::span<const sock_filter> matching,
                             std::span<const sock_filter> rest);

}  // namespace bulkhead::seccomp
