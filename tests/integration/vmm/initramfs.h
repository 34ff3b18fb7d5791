// Initramfs: an initial RAM disk for a test guest: busybox, an init script, and what a test adds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace bulkhead::test {

class Initramfs {
  public:
    // Mounts /dev, /proc and /sys, runs `script` with busybox's programs in the path, and resets.
    explicit Initramfs(std::string_view script);

    // An executable file at the top, called `name`.
    void add_program(std::string_view name, const std::string& host_path);

    // The archive as an open file.
    [[nodiscard]] UniqueFd make() const;

  private:
    void add(std::string_view name, std::uint32_t mode, std::string_view content);

    std::string archive_;
    std::uint32_t next_inode_ = 1;
};

}  // namespace bulkhead::test
