// FakeDisk: a disk in memory that records its requests. It answers at once, or holds requests until
// the test answers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "vmm/block/disk.h"

namespace bulkhead::test {

class FakeDisk final : public block::Disk {
  public:
    explicit FakeDisk(std::uint64_t size, bool read_only = false)
        : bytes(size), read_only_(read_only) {}

    [[nodiscard]] std::uint64_t size() const override { return bytes.size(); }

    [[nodiscard]] bool read_only() const override { return read_only_; }

    std::optional<block::DiskStatus> submit(block::DiskRequest request, Done done) override;

    void drain() override {
        ++drains;
        held.clear();
    }

    // Does the oldest held request and calls its `done`.
    void answer_next(block::DiskStatus status = block::DiskStatus::Ok);

    std::vector<std::byte> bytes;
    bool hold = false;
    block::DiskStatus status = block::DiskStatus::Ok;  // when not held
    std::vector<block::DiskRequest> requests;          // all of them
    std::deque<std::pair<block::DiskRequest, Done>> held;
    int drains = 0;

  private:
    void perform(const block::DiskRequest& request);

    bool read_only_;
};

}  // namespace bulkhead::test
