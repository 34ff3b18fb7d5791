// A tar stream in memory, and a directory that goes with the test. For tests of archive/.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "archive/tar_reader.h"
#include "archive/tar_writer.h"
#include "base/syscalls.h"

namespace bulkhead::archive {

class MemoryFile {
  public:
    MemoryFile() : file_(::memfd_create("test", MFD_CLOEXEC)) {}

    [[nodiscard]] int fd() const { return file_.get(); }

    void rewind() const { ::lseek(fd(), 0, SEEK_SET); }

    void cut(off_t size) const {
        if (::ftruncate(fd(), size) != 0) std::abort();
    }

    [[nodiscard]] off_t size() const { return ::lseek(fd(), 0, SEEK_END); }

  private:
    UniqueFd file_;
};

class TestDirectory {
  public:
    TestDirectory() {
        std::string pattern = "/tmp/archive.XXXXXX";
        path_ = ::mkdtemp(pattern.data());
        fd_ = open_file(path_, O_RDONLY | O_DIRECTORY).value();
    }

    TestDirectory(const TestDirectory&) = delete;
    TestDirectory& operator=(const TestDirectory&) = delete;

    ~TestDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] int fd() const { return fd_.get(); }

    [[nodiscard]] std::string at(const std::string& name) const { return path_ + "/" + name; }

    void write(const std::string& name, std::string_view text) const {
        const UniqueFd file = open_file(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644).value();
        if (!write_full(file.get(), std::as_bytes(std::span(text)))) std::abort();
    }

    [[nodiscard]] std::string read(const std::string& name) const {
        auto text = read_file(at(name), std::size_t{1} << 26U);
        return text ? *text : "(" + text.error().message() + ")";
    }

  private:
    std::string path_;
    UniqueFd fd_;
};

inline std::string read_all(TarReader& tar) {
    std::string text;
    for (;;) {
        auto block = tar.read();
        if (!block) return "(" + block.error().message() + ")";
        if (!*block) return text;
        text.resize((*block)->offset, '\0');
        for (const std::byte each : (*block)->bytes) text.push_back(static_cast<char>(each));
    }
}

inline Entry entry(Kind kind, std::string path, std::string target = {}) {
    Entry made;
    made.kind = kind;
    made.path = std::move(path);
    made.target = std::move(target);
    made.mode = kind == Kind::Directory ? 0755 : 0644;
    return made;
}

// A file with its text.
inline void add_file(TarWriter& tar, std::string path, std::string_view text) {
    Entry file = entry(Kind::File, std::move(path));
    file.size = text.size();
    if (!tar.add(file) || !tar.write(std::as_bytes(std::span(text)))) std::abort();
}

}  // namespace bulkhead::archive
