// The container's root file system as the guest assembles it: a read-only EROFS disk below, and
// above it, joined by overlayfs, an ext4 disk or a tmpfs for changes. Thread: any one at a time.
#pragma once

#include <string>

#include "base/result.h"

namespace bulkhead::agent::v1 {
class RootFilesystem;
}

namespace bulkhead::agent {

// Where a container's root comes from. The guest's is GuestRoot; a test has a plain directory.
class RootProvider {
  public:
    virtual ~RootProvider() = default;

    // Assembles the root and gives its path.
    virtual Result<std::string> mount(const v1::RootFilesystem& wanted) = 0;

    // Takes it apart and writes everything to the disks. No process may use it any more.
    virtual Result<void> unmount() = 0;
};

class GuestRoot : public RootProvider {
  public:
    // `directory` is an empty directory of the agent's for the mount points.
    explicit GuestRoot(std::string directory) : directory_(std::move(directory)) {}

    Result<std::string> mount(const v1::RootFilesystem& wanted) override;
    Result<void> unmount() override;

  private:
    Result<void> mount_lower(const std::string& serial);
    Result<void> mount_upper(const v1::RootFilesystem& wanted);
    Result<void> make_changes();
    Result<void> mount_overlay();

    std::string directory_;
};

}  // namespace bulkhead::agent
