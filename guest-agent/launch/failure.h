// Why a process could not be started, in the classes that decide docker's exit code.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace bulkhead::agent {

enum class FailureClass : std::uint8_t { NotFound = 1, NotExecutable = 2, Other = 3 };

struct LaunchFailure {
    FailureClass kind = FailureClass::Other;
    std::string message;

    static LaunchFailure other(const Error& error) {
        return {FailureClass::Other, error.message()};
    }
};

}  // namespace bulkhead::agent
