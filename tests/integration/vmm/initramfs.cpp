#include "tests/integration/vmm/initramfs.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <span>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::test {

namespace {

constexpr std::string_view kPrologue = R"(#!/busybox sh
/busybox mkdir -p /bin /dev /proc /sys
/busybox --install -s /bin
export PATH=/bin:/
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
)";
constexpr std::string_view kEpilogue = "\nreboot -f\n";

std::string content_of(const std::string& path) {
    constexpr std::size_t kLimit = 64 * 1024 * 1024;
    auto content = read_file(path, kLimit);
    REQUIRE(content);
    return std::move(*content);
}

void pad(std::string& archive) {
    archive.resize((archive.size() + 3) / 4 * 4);
}

}  // namespace

Initramfs::Initramfs(std::string_view script) {
    add("busybox", S_IFREG | 0755, content_of("/bin/busybox"));
    add("init", S_IFREG | 0755,
        std::string(kPrologue) + std::string(script) + std::string(kEpilogue));
    add("dev", S_IFDIR | 0755, "");
    // The kernel opens it for init before init can mount anything.
    add("dev/console", S_IFCHR | 0600, "");
}

void Initramfs::add_program(std::string_view name, const std::string& host_path) {
    add(name, S_IFREG | 0755, content_of(host_path));
}

// Linux: Documentation/driver-api/early-userspace/buffer-format.rst, "newc".
void Initramfs::add(std::string_view name, std::uint32_t mode, std::string_view content) {
    const bool is_console = S_ISCHR(mode);
    const std::array<std::uint32_t, 13> fields{next_inode_++,
                                               mode,
                                               0,  // uid
                                               0,  // gid
                                               1,  // links
                                               0,  // mtime
                                               static_cast<std::uint32_t>(content.size()),
                                               0,
                                               0,
                                               is_console ? 5U : 0U,
                                               is_console ? 1U : 0U,
                                               static_cast<std::uint32_t>(name.size() + 1),
                                               0};
    archive_ += "070701";
    for (const std::uint32_t field : fields) {
        std::array<char, 9> text{};
        std::snprintf(text.data(), text.size(), "%08x", field);
        archive_ += text.data();
    }
    archive_.append(name).push_back('\0');
    pad(archive_);
    archive_ += content;
    pad(archive_);
}

UniqueFd Initramfs::make() const {
    Initramfs closed = *this;
    closed.add("TRAILER!!!", 0, "");
    UniqueFd file(::memfd_create("initramfs", MFD_CLOEXEC));
    REQUIRE(pwrite_full(file.get(), std::as_bytes(std::span(closed.archive_)), 0));
    return file;
}

}  // namespace bulkhead::test
