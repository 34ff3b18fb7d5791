#include "base/filter_code.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace bulkhead::seccomp {

namespace {

constexpr std::size_t kLongestBranch = std::numeric_limits<std::uint8_t>::max();

// Branches reach 255 instructions, jumps reach everything.
std::size_t choice_length(std::size_t if_false) {
    return if_false <= kLongestBranch ? 1 : 2;
}

// What follows, of so many instructions, is for calls for which the comparison does not hold; what
// comes behind that is for the others.
void append_choice(FilterCode& code, unsigned comparison, std::uint32_t k, std::size_t if_false) {
    if (choice_length(if_false) == 1) {
        code.push_back(branch(comparison, k, if_false, 0));
    } else {
        code.push_back(branch(comparison, k, 0, 1));
        code.push_back(statement(BPF_JMP | BPF_JA, if_false));
    }
}

bool same(std::span<const sock_filter> one, std::span<const sock_filter> other) {
    return std::ranges::equal(one, other, [](const sock_filter& a, const sock_filter& b) {
        return a.code == b.code && a.jt == b.jt && a.jf == b.jf && a.k == b.k;
    });
}

}  // namespace

sock_filter statement(unsigned code, std::size_t k) {
    return {.code = static_cast<std::uint16_t>(code),
            .jt = 0,
            .jf = 0,
            .k = static_cast<std::uint32_t>(k)};
}

sock_filter load_word(std::size_t offset) {
    return statement(BPF_LD | BPF_W | BPF_ABS, offset);
}

sock_filter branch(unsigned comparison, std::uint32_t k, std::size_t if_true,
                   std::size_t if_false) {
    BULKHEAD_CHECK(if_true <= kLongestBranch && if_false <= kLongestBranch);
    return {.code = static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K),
            .jt = static_cast<std::uint8_t>(if_true),
            .jf = static_cast<std::uint8_t>(if_false),
            .k = k};
}

void append(FilterCode& code, std::span<const sock_filter> more) {
    code.insert(code.end(), more.begin(), more.end());
}

std::array<sock_filter, 1> return_code(std::uint32_t action) {
    return {statement(BPF_RET | BPF_K, action)};
}

void CallRanges::add(std::uint32_t first, std::span<const sock_filter> code) {
    if (!ranges_.empty() && ranges_.back().first == first) {
        bodies_.resize(ranges_.back().begin);
        ranges_.pop_back();
    }
    if (!ranges_.empty() && same(body(ranges_.back()), code)) return;
    ranges_.push_back({first, bodies_.size()});
    append(bodies_, code);
}

FilterCode CallRanges::search_code() const {
    BULKHEAD_CHECK(!ranges_.empty() && ranges_.front().first == 0);
    FilterCode code;
    code.reserve(1 + length(ranges_));
    code.push_back(load_word(offsetof(seccomp_data, nr)));
    search(code, ranges_);
    return code;
}

std::span<const sock_filter> CallRanges::body(const Range& range) const {
    const bool last = &range == &ranges_.back();
    const std::size_t end = last ? bodies_.size() : std::next(&range)->begin;
    return std::span(bodies_).subspan(range.begin, end - range.begin);
}

std::size_t CallRanges::length(Ranges ranges) const {
    if (ranges.size() == 1) return body(ranges.front()).size();
    const std::size_t middle = ranges.size() / 2;
    const std::size_t below = length(ranges.first(middle));
    return choice_length(below) + below + length(ranges.subspan(middle));
}

void CallRanges::search(FilterCode& code, Ranges ranges) const {
    if (ranges.size() == 1) return append(code, body(ranges.front()));
    const std::size_t middle = ranges.size() / 2;
    const Ranges below = ranges.first(middle);
    append_choice(code, BPF_JGE, ranges[middle].first, length(below));
    search(code, below);
    search(code, ranges.subspan(middle));
}

FilterCode architecture_code(std::uint32_t architecture, std::span<const sock_filter> matching,
                             std::span<const sock_filter> rest) {
    FilterCode code;
    code.reserve(3 + rest.size() + matching.size());
    code.push_back(load_word(offsetof(seccomp_data, arch)));
    append_choice(code, BPF_JEQ, architecture, rest.size());
    append(code, rest);
    append(code, matching);
    return code;
}

}  // namespace bulkhead::seccomp
