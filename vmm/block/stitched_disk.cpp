#include "vmm/block/stitched_disk.h"

#include <utility>

#include "base/text.h"

namespace bulkhead::block {

namespace {

// Larger reads cost more for the copy than for the way to a worker and back, and would keep the
// loop from its other devices.
constexpr std::uint64_t kMaxCachedRead = std::uint64_t{128} << 10;

Result<void> perform(const SegmentedFile& file, const DiskRequest& request) {
    switch (request.operation) {
        case DiskRequest::Operation::Read:
            return file.read(request.offset, request.slices);
        case DiskRequest::Operation::Write:
            return file.write(request.offset, request.slices, request.durable);
        case DiskRequest::Operation::Flush:
            return file.flush();
        case DiskRequest::Operation::Discard:
            TRY(file.discard(request.offset, request.length));
            break;
        case DiskRequest::Operation::WriteZeroes:
            TRY(file.write_zeroes(request.offset, request.length, request.may_unmap));
            break;
    }
    return request.durable ? file.flush() : Result<void>();
}

}  // namespace

Result<std::unique_ptr<Disk>> StitchedDisk::create(Options options, IoWorkers& workers) {
    SegmentedFile file = TRY(SegmentedFile::create(std::move(options.files), options.segments));
    return std::unique_ptr<Disk>(new StitchedDisk(std::move(file), options.read_only, workers));
}

StitchedDisk::StitchedDisk(SegmentedFile file, bool read_only, IoWorkers& workers)
    : file_(std::move(file)), read_only_(read_only), workers_(workers) {}

StitchedDisk::~StitchedDisk() {
    drain();
}

bool StitchedDisk::read_at_once(const DiskRequest& request) {
    if (!try_cached_ || request.length > kMaxCachedRead) return false;
    const auto cached = file_.read_cached(request.offset, request.slices);
    if (cached == SegmentedFile::Cached::Unsupported) try_cached_ = false;
    return cached == SegmentedFile::Cached::Yes;
}

std::optional<DiskStatus> StitchedDisk::submit(DiskRequest request, Done done) {
    if (request.operation == DiskRequest::Operation::Read && read_at_once(request)) {
        return DiskStatus::Ok;
    }
    if (request.operation == DiskRequest::Operation::Flush && read_only_) return DiskStatus::Ok;
    // Shared by the two halves of the job, which run one after the other.
    auto status = std::make_shared<DiskStatus>(DiskStatus::IoError);
    workers_.submit(
        {.owner = this,
         .work = [this, status, request = std::move(request)] { *status = execute(request); },
         .done = [status, done = std::move(done)] { done(*status); }});
    return std::nullopt;
}

DiskStatus StitchedDisk::execute(const DiskRequest& request) {
    const auto result = perform(file_, request);
    if (result.ok()) return DiskStatus::Ok;
    if (error_lines_.allow()) {
        log::warning(concat("block: request failed: offset=", request.offset,
                            " length=", request.length, ": ", result.error().message()));
    }
    return DiskStatus::IoError;
}

void StitchedDisk::drain() {
    workers_.drain(this);
}

}  // namespace bulkhead::block
