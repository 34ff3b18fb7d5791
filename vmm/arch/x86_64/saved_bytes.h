// KVM's structures as bytes of a snapshot, and back. Thread: any.
#pragma once

#include <cstring>
#include <string>
#include <type_traits>

#include "base/result.h"
#include "base/text.h"

namespace bulkhead::arch {

template <class T>
[[nodiscard]] std::string to_bytes(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
}

// `what` names it in the error.
template <class T>
[[nodiscard]] Result<T> from_bytes(const std::string& bytes, const char* what) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (bytes.size() != sizeof(T))
        return Error(concat(what, " has ", bytes.size(), " bytes, not ", sizeof(T)));
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

}  // namespace bulkhead::arch
