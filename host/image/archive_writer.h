// ArchiveWriter: a tar archive with plain files, written to a descriptor as a stream. The same
// files give the same bytes. Thread: any one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/image/byte_source.h"

namespace bulkhead::image {

class ArchiveWriter {
  public:
    // `fd` stays the caller's.
    static Result<std::unique_ptr<ArchiveWriter>> open(int fd);

    ArchiveWriter(const ArchiveWriter&) = delete;
    ArchiveWriter& operator=(const ArchiveWriter&) = delete;
    ~ArchiveWriter();

    // Each name once; a second time is passed over.
    Result<void> add(const std::string& name, std::string_view content);
    // `content` has to give exactly `size` bytes.
    Result<void> add(const std::string& name, std::uint64_t size, ByteSource& content);

    [[nodiscard]] bool has(const std::string& name) const { return names_.contains(name); }

    // The archive's end. Without it the archive is not complete.
    Result<void> finish();

  private:
    class Stream;
    explicit ArchiveWriter(std::unique_ptr<Stream> stream);

    std::unique_ptr<Stream> stream_;
    std::set<std::string> names_;
};

}  // namespace bulkhead::image
