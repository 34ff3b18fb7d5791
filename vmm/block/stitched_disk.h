// StitchedDisk: a Disk made of file segments. Reads that the page cache can serve are done at once;
// everything else goes to the workers. docs/block.md.
//
// Thread: loop.
#pragma once

#include <memory>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "vmm/block/disk.h"
#include "vmm/block/io_workers.h"
#include "vmm/block/segmented_file.h"

namespace bulkhead::block {

class StitchedDisk final : public Disk {
  public:
    struct Options {
        std::vector<UniqueFd> files;
        std::vector<Segment> segments;
        bool read_only = true;
    };

    // `workers` must outlive the disk. The files of a writable disk must be open for writing.
    static Result<std::unique_ptr<Disk>> create(Options options, IoWorkers& workers);

    StitchedDisk(const StitchedDisk&) = delete;
    StitchedDisk& operator=(const StitchedDisk&) = delete;
    ~StitchedDisk() override;

    [[nodiscard]] std::uint64_t size() const override { return file_.size(); }

    [[nodiscard]] bool read_only() const override { return read_only_; }

    std::optional<DiskStatus> submit(DiskRequest request, Done done) override;
    void drain() override;

  private:
    StitchedDisk(SegmentedFile file, bool read_only, IoWorkers& workers);

    [[nodiscard]] bool read_at_once(const DiskRequest& request);
    DiskStatus execute(const DiskRequest& request);  // thread: worker

    SegmentedFile file_;
    bool read_only_;
    IoWorkers& workers_;
    bool try_cached_ = true;
    log::RateLimit error_lines_;
};

}  // namespace bulkhead::block
