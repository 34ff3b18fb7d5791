// A root file system for tests: busybox and a few files, in a temporary directory.
#pragma once

#include <filesystem>
#include <string>

#include "guest-agent/rootfs/root_filesystem.h"

namespace bulkhead::agent::test {

class BusyboxRoot : public RootProvider {
  public:
    BusyboxRoot();
    ~BusyboxRoot() override;
    BusyboxRoot(const BusyboxRoot&) = delete;
    BusyboxRoot& operator=(const BusyboxRoot&) = delete;

    Result<std::string> mount(const v1::RootFilesystem& wanted) override;
    Result<void> unmount() override;

    // "etc/hosts" and the like, inside.
    void write(const std::string& name, const std::string& content, unsigned mode = 0644) const;
    [[nodiscard]] std::string read(const std::string& name) const;

    [[nodiscard]] std::filesystem::path path() const { return path_; }

    [[nodiscard]] bool unmounted() const { return unmounted_; }

  private:
    std::filesystem::path path_;
    bool unmounted_ = false;
};

}  // namespace bulkhead::agent::test
