// UniqueFd: the owner of one file descriptor. Passed by value; a raw int appears only at the system
// call.
#pragma once

#include <utility>

namespace bulkhead {

class UniqueFd {
  public:
    UniqueFd() = default;

    explicit UniqueFd(int fd) : fd_(fd) {}

    UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}

    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }

    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;

    ~UniqueFd() { reset(); }

    [[nodiscard]] int get() const { return fd_; }

    [[nodiscard]] bool valid() const { return fd_ >= 0; }

    // Gives the descriptor away; the caller must close it.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

    // Closes what is owned and owns `fd` instead.
    void reset(int fd = -1);

  private:
    int fd_ = -1;
};

}  // namespace bulkhead
