#include "tests/support/fake_disk.h"

#include <algorithm>
#include <span>

#include "base/check.h"

namespace bulkhead::test {

using block::DiskRequest;
using block::DiskStatus;

std::optional<DiskStatus> FakeDisk::submit(DiskRequest request, Done done) {
    // What a device lets through must be on the disk.
    BULKHEAD_CHECK(request.offset <= size() && request.length <= size() - request.offset);
    requests.push_back(request);
    if (hold) {
        held.emplace_back(std::move(request), std::move(done));
        return std::nullopt;
    }
    if (status == DiskStatus::Ok) perform(request);
    return status;
}

void FakeDisk::answer_next(DiskStatus answer) {
    BULKHEAD_CHECK(!held.empty());
    auto [request, done] = std::move(held.front());
    held.pop_front();
    if (answer == DiskStatus::Ok) perform(request);
    done(answer);
}

void FakeDisk::perform(const DiskRequest& request) {
    auto range = std::span(bytes).subspan(request.offset, request.length);
    switch (request.operation) {
        case DiskRequest::Operation::Read:
        case DiskRequest::Operation::Write:
            for (const auto& slice : request.slices) {
                if (request.operation == DiskRequest::Operation::Read) {
                    slice.copy_from(range.first(slice.size()));
                } else {
                    slice.copy_to(range.first(slice.size()));
                }
                range = range.subspan(slice.size());
            }
            BULKHEAD_CHECK(range.empty());
            break;
        case DiskRequest::Operation::Flush:
            break;
        case DiskRequest::Operation::Discard:
        case DiskRequest::Operation::WriteZeroes:
            std::fill(range.begin(), range.end(), std::byte{0});
            break;
    }
}

}  // namespace bulkhead::test
