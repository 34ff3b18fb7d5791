// Result<T>: a value, or an Error that says what failed, on what, and why.
//
// Three classes of failure are never mixed (docs/architecture.md): the host failed -> Result; the
// guest misbehaved -> a status, a device reset or that VM's end; our own bug -> BULKHEAD_CHECK and
// abort. Nothing of ours throws.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace bulkhead {

// What failed, innermost cause last when printed: "starting vm: mapping memory: mmap: Cannot
// allocate memory". `code` is for callers that branch on the cause; it is empty when no system call
// failed.
class [[nodiscard]] Error {
  public:
    explicit Error(std::string message) : message_(std::move(message)) {}

    Error(std::error_code code, std::string message) : code_(code), message_(std::move(message)) {}

    // Adds an outer frame: what we were doing when this happened.
    [[nodiscard]] Error context(std::string_view what) && {
        message_.insert(0, std::string(what) + ": ");
        return std::move(*this);
    }

    [[nodiscard]] std::error_code code() const { return code_; }

    [[nodiscard]] bool is(std::errc condition) const { return code_ == condition; }

    // The whole chain on one line.
    [[nodiscard]] const std::string& message() const { return message_; }

  private:
    std::error_code code_;
    std::string message_;
};

// An Error from errno as it is now: "<what>: <strerror>".
Error errno_error(std::string_view what);
// The same for a value that a call returned instead of setting errno.
Error errno_error(int error_number, std::string_view what);

template <class T>
class [[nodiscard]] Result {
  public:
    // Implicit on purpose: `return value;` and `return Error{...};` both read as they should.
    // NOLINTBEGIN(google-explicit-constructor)
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}

    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    // NOLINTEND(google-explicit-constructor)

    [[nodiscard]] bool ok() const { return state_.index() == 0; }

    explicit operator bool() const { return ok(); }

    // The value; only after ok().
    [[nodiscard]] T& value() & { return std::get<0>(state_); }

    [[nodiscard]] const T& value() const& { return std::get<0>(state_); }

    [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }

    T& operator*() & { return value(); }

    const T& operator*() const& { return value(); }

    T&& operator*() && { return std::move(*this).value(); }

    T* operator->() { return &value(); }

    const T* operator->() const { return &value(); }

    // The error; only after !ok().
    [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }

    [[nodiscard]] Error&& error() && { return std::get<1>(std::move(state_)); }

    [[nodiscard]] Result context(std::string_view what) && {
        if (ok()) return std::move(*this);
        return std::get<1>(std::move(state_)).context(what);
    }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;

    // Implicit on purpose, as above.
    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool ok() const { return !error_.has_value(); }

    explicit operator bool() const { return ok(); }

    [[nodiscard]] const Error& error() const& { return *error_; }

    [[nodiscard]] Error&& error() && { return *std::move(error_); }

    [[nodiscard]] Result context(std::string_view what) && {
        if (ok()) return {};
        return std::move(*error_).context(what);
    }

  private:
    std::optional<Error> error_;
};

}  // namespace bulkhead

// Gives the value of a Result expression, or returns its error from the enclosing function. Not for
// coroutines: it uses `return`.
// Not behind another element of a braced list: what the list has by then would not be destroyed
// when this returns (GCC and clang alike; tools/check_layers looks for it).
#define TRY(expression)                                               \
    __extension__({                                                   \
        auto try_result_ = (expression);                              \
        if (!try_result_.ok()) return std::move(try_result_).error(); \
        ::bulkhead::detail::take(std::move(try_result_));             \
    })

// The same, with an outer frame added to the error.
#define TRY_CONTEXT(expression, what)                                               \
    __extension__({                                                                 \
        auto try_result_ = (expression);                                            \
        if (!try_result_.ok()) return std::move(try_result_).error().context(what); \
        ::bulkhead::detail::take(std::move(try_result_));                           \
    })

namespace bulkhead::detail {

#ifdef __clang_analyzer__
// Nowhere defined. clang-tidy's analyzer loses what is inside a std::variant, and would call each
// value that comes out of one uninitialised; after this call it may be anything.
void fill_with_anything(void* value);
#endif

template <class T>
T take(Result<T>&& result) {
#ifdef __clang_analyzer__
    fill_with_anything(&result);
#endif
    return std::move(result).value();
}

inline void take(Result<void>&& /*result*/) {}

}  // namespace bulkhead::detail
