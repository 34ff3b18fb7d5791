// FakeInterrupt: counts what a device signals. Thread: any.
#pragma once

#include <atomic>
#include <cstdint>

#include "vmm/virtio/device.h"

namespace bulkhead::test {

class FakeInterrupt final : public virtio::Interrupt {
  public:
    void signal_used_buffers() override { ++used_buffers_; }

    void signal_config_change() override { ++config_changes_; }

    void needs_reset() override { needs_reset_ = true; }

    [[nodiscard]] std::uint32_t used_buffers() const { return used_buffers_; }

    [[nodiscard]] std::uint32_t config_changes() const { return config_changes_; }

    [[nodiscard]] bool reset_needed() const { return needs_reset_; }

    void clear() {
        used_buffers_ = 0;
        config_changes_ = 0;
        needs_reset_ = false;
    }

  private:
    std::atomic<std::uint32_t> used_buffers_{0};
    std::atomic<std::uint32_t> config_changes_{0};
    std::atomic<bool> needs_reset_{false};
};

}  // namespace bulkhead::test
