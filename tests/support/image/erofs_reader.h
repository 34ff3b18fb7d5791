// An EROFS reader for tests, written from the kernel's fs/erofs and sharing no code with the
// writer. It is strict: what Linux would only trip over later (order of names, "." and "..", link
// counts, inline data across blocks) is an error here. Errors are exceptions, as a test wants them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/image/stitched_disk.h"

namespace bulkhead::test {

struct ErofsFile {
    std::uint64_t nid = 0;
    bool extended = false;
    unsigned layout = 0;  // 0 plain, 2 inline, 4 chunk-based
    unsigned mode = 0;    // with the type
    std::uint32_t links = 0;
    std::uint64_t size = 0;
    std::uint32_t location = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime = 0;
    std::uint32_t mtime_nanoseconds = 0;
    std::map<std::string, std::string> xattrs;
    std::uint64_t data_offset = 0;  // on the disk: behind the inode and its attributes

    [[nodiscard]] unsigned type() const { return mode & 0170000U; }

    [[nodiscard]] unsigned major() const { return (location >> 8U) & 0xfffU; }

    [[nodiscard]] unsigned minor() const {
        return (location & 0xffU) | ((location >> 12U) & 0xfff00U);
    }
};

class ErofsReader {
  public:
    explicit ErofsReader(const StitchedDisk& disk);

    // Every file by its path; the root is "".
    [[nodiscard]] const std::map<std::string, ErofsFile>& files() const { return files_; }

    [[nodiscard]] const ErofsFile& at(const std::string& path) const;

    [[nodiscard]] bool has(const std::string& path) const { return files_.contains(path); }

    // A file's bytes; holes read as zeros.
    [[nodiscard]] std::string read(const ErofsFile& file, std::uint64_t offset,
                                   std::uint64_t length) const;

    [[nodiscard]] std::string content(const std::string& path) const;

  private:
    void read_superblock();
    [[nodiscard]] ErofsFile inode(std::uint64_t nid) const;
    void read_xattrs(ErofsFile& file, std::uint64_t at, unsigned count) const;
    void walk(const std::string& path, std::uint64_t nid, std::uint64_t parent);
    std::uint32_t walk_block(const std::string& path, const ErofsFile& file,
                             const std::string& block, std::uint64_t parent,
                             std::string& last_name);
    void check_links() const;
    [[nodiscard]] std::string block(const ErofsFile& file, std::uint64_t index) const;

    const StitchedDisk& disk_;
    std::uint64_t root_ = 0;
    std::uint64_t inodes_ = 0;
    std::int64_t build_time_ = 0;
    std::uint32_t build_time_nanoseconds_ = 0;
    std::map<std::string, ErofsFile> files_;
};

}  // namespace bulkhead::test
