// What a VMM that its guest has taken over might try. Each act is one attempt, made with bare
// system calls; it gives 0 when it was possible, and otherwise the error number. None does harm
// where it is possible: signals are 0, and what is changed is set to what it is.
#pragma once

#include <cerrno>
#include <string_view>
#include <vector>

namespace bulkhead::test {

// Whether a layer below the filter refuses an act as well, on every host that gives all layers.
enum class Second { Refuses, MayNot };

struct Act {
    std::string_view name;
    int (*attempt)();
    Second second = Second::Refuses;
};

// For the value of a system call.
inline int outcome(long result) {
    return result < 0 ? errno : 0;
}

std::vector<Act> file_acts();
std::vector<Act> process_acts();
std::vector<Act> privilege_acts();
std::vector<Act> network_acts();
std::vector<Act> memory_acts();
std::vector<Act> kernel_acts();

// All of the above, in this order.
std::vector<Act> all_acts();

}  // namespace bulkhead::test
