// What a request to the agent comes to: a value, or a refusal in the classes of gRPC's status codes
// (this folder does not know gRPC).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>

namespace bulkhead::agent {

struct Refusal {
    enum class Kind : std::uint8_t {
        InvalidArgument,
        NotFound,
        AlreadyExists,
        FailedPrecondition,
        Internal,
    };
    Kind kind = Kind::Internal;
    std::string message;
};

template <class Value>
using Answer = std::variant<Value, Refusal>;

// Runs exactly once, on the loop thread, perhaps before the request's function returns.
template <class Value>
using Reply = std::function<void(Answer<Value>)>;

struct Done {};

}  // namespace bulkhead::agent
