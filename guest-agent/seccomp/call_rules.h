// The rules of a seccomp profile, sorted by system call number for one architecture. Thread: any
// (pure).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Seccomp;
}

namespace bulkhead::agent {

enum class Comparison : std::uint8_t {
    NotEqual,
    Less,
    LessEqual,
    Equal,
    GreaterEqual,
    Greater,
    MaskedEqual
};

struct Condition {
    unsigned argument = 0;  // 0 to 5
    Comparison comparison = Comparison::Equal;
    std::uint64_t value = 0;      // MaskedEqual: the mask
    std::uint64_t value_two = 0;  // MaskedEqual: what must be left
};

// SECCOMP_RET_* with its data, when all conditions hold.
struct Clause {
    std::vector<Condition> conditions;
    std::uint32_t action = 0;
};

// The first clause that holds decides; if none does, `otherwise`, or else the profile's default.
struct CallRules {
    std::vector<Clause> clauses;
    std::optional<std::uint32_t> otherwise;
};

struct CallTable {
    std::map<std::uint32_t, CallRules> calls;
    // The highest number that the profile names, whatever it says about it; nothing if it names
    // none.
    std::optional<std::uint32_t> last_call;
};

// `architecture` is libseccomp's number. Names that the architecture does not have are skipped.
Result<CallTable> make_call_table(const oci::v1::Seccomp& profile, std::uint32_t architecture);

// The profile's default as SECCOMP_RET_*.
Result<std::uint32_t> default_action(const oci::v1::Seccomp& profile);

}  // namespace bulkhead::agent
