// A tar stream from a guest that was taken over, to the end and into files below a directory:
// nothing outside of it may change.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "archive/extract.h"
#include "base/check.h"
#include "base/syscalls.h"

namespace {

using namespace bulkhead;           // NOLINT(google-build-using-namespace)
using namespace bulkhead::archive;  // NOLINT(google-build-using-namespace)

// Sizes of sparse files are the archive's to choose; a file system has limits.
void read_everything(int fd) {
    TarReader tar(fd, EndMark::Required);
    for (;;) {
        const auto entry = tar.next();
        if (!entry || !*entry) return;
        BULKHEAD_CHECK((*entry)->path.size() <= kMaxPathBytes);
        std::uint64_t end = 0;
        for (;;) {
            const auto block = tar.read();
            if (!block || !*block) break;
            BULKHEAD_CHECK((*block)->offset >= end);
            end = (*block)->offset + (*block)->bytes.size();
            BULKHEAD_CHECK(end <= (*entry)->size);
        }
    }
}

void extract_everything(int fd) {
    std::string outer = "/tmp/tar_fuzz.XXXXXX";
    BULKHEAD_CHECK(::mkdtemp(outer.data()) != nullptr);
    const std::string inner = outer + "/inner";
    std::filesystem::create_directory(inner);
    {
        const UniqueFd directory = open_file(inner, O_RDONLY | O_DIRECTORY).value();
        TarReader tar(fd, EndMark::Optional);
        static_cast<void>(extract(tar, directory.get(), {}));
    }
    std::size_t entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(outer)) ++entries;
    BULKHEAD_CHECK(entries == 1);
    std::error_code ignored;
    std::filesystem::remove_all(outer, ignored);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const UniqueFd file(::memfd_create("tar", MFD_CLOEXEC));
    BULKHEAD_CHECK(write_full(file.get(), std::as_bytes(std::span(data, size))).ok());
    ::lseek(file.get(), 0, SEEK_SET);
    read_everything(file.get());
    ::lseek(file.get(), 0, SEEK_SET);
    extract_everything(file.get());
    return 0;
}
