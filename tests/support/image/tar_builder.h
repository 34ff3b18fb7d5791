// Writes tar archives byte by byte, so that tests can also make ones that no tool would write.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bulkhead::test {

struct TarItem {
    std::string path;
    char type =
        '0';  // ustar typeflag: 0 file, 1 hard link, 2 symlink, 3/4 devices, 5 directory, 6 fifo
    std::string content = {};
    std::string link = {};
    unsigned mode = 0644;
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
    std::int64_t mtime = 1'600'000'000;
    std::string mtime_text = {};  // pax form with a fraction, "1600000000.25"
    unsigned major = 0;
    unsigned minor = 0;
    std::vector<std::pair<std::string, std::string>> xattrs = {};
    std::vector<std::pair<std::string, std::string>> pax = {};  // more pax records
};

struct SparseRun {
    std::uint64_t offset = 0;
    std::string bytes;
};

class TarBuilder {
  public:
    // Long names, large numbers and attributes go into a pax header.
    TarBuilder& add(const TarItem& item);

    TarBuilder& directory(const std::string& path, unsigned mode = 0755);
    TarBuilder& file(const std::string& path, const std::string& content, unsigned mode = 0644);
    TarBuilder& symlink(const std::string& path, const std::string& target);
    TarBuilder& hard_link(const std::string& path, const std::string& target);

    // A long name in GNU tar's way: an entry of type L before the real one.
    TarBuilder& gnu_long_name(const std::string& path, const std::string& content);

    // A sparse file in pax format 1.0, as `tar --sparse --format=posix` writes it.
    // `attributes` gives everything but path, type and content.
    TarBuilder& sparse(const std::string& path, std::uint64_t size,
                       const std::vector<SparseRun>& runs, const TarItem& attributes = {});

    // With the two blocks of zeros that end an archive.
    [[nodiscard]] std::string finish() const { return bytes_ + std::string(1024, '\0'); }

    // Without them.
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    void header(const TarItem& item, const std::string& name, std::uint64_t size);
    void data(const std::string& content);

    std::string bytes_;
};

}  // namespace bulkhead::test
