#include "host/engine/bundle_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/directory_import.h"
#include "proto/ports.h"

namespace bulkhead::engine {

namespace {

constexpr const char* kData = "rootfs.data";
constexpr const char* kMetadata = "rootfs.erofs";

struct Files {
    UniqueFd metadata;
    UniqueFd data;
};

Result<UniqueFd> make_unnamed(const std::string& directory) {
    std::string path = directory + "/.rootfs-XXXXXX";
    UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file.valid()) return errno_error("make a file in " + directory);
    if (::unlink(path.c_str()) != 0) return errno_error("unlink " + path);
    return file;
}

Result<void> fill(const std::string& root, const Files& files) {
    const auto metadata = TRY(image::compose_directory(root, files.data.get()));
    return pwrite_full(files.metadata.get(), metadata, 0);
}

// The metadata's name says that both are whole.
Result<Files> make_kept(const std::string& root, const std::string& directory) {
    const std::string data = concat(directory, "/", kData);
    const std::string metadata = concat(directory, "/", kMetadata);
    const std::string unfinished = metadata + ".new";
    constexpr int kFlags = O_RDWR | O_CREAT | O_TRUNC;
    Files files;
    files.metadata = TRY(open_file(unfinished, kFlags, 0600));
    files.data = TRY(open_file(data, kFlags, 0600));
    TRY(fill(root, files));
    if (::fsync(files.data.get()) != 0 || ::fsync(files.metadata.get()) != 0)
        return errno_error("sync " + directory);
    if (std::rename(unfinished.c_str(), metadata.c_str()) != 0)
        return errno_error("rename " + unfinished);
    return files;
}

Result<Files> kept(const std::string& root, const std::string& directory) {
    auto metadata = open_file(concat(directory, "/", kMetadata), O_RDONLY);
    if (!metadata && metadata.error().is(std::errc::no_such_file_or_directory))
        return make_kept(root, directory);
    if (!metadata) return std::move(metadata).error();
    UniqueFd data = TRY(open_file(concat(directory, "/", kData), O_RDONLY));
    return Files{*std::move(metadata), std::move(data)};
}

Result<Files> unnamed(const std::string& root, const std::string& directory) {
    Files files;
    files.metadata = TRY(make_unnamed(directory));
    files.data = TRY(make_unnamed(directory));
    TRY(fill(root, files));
    return files;
}

Result<void> add(UniqueFd file, sandbox::LaunchDisk& disk) {
    const std::uint64_t size = TRY(file_size(file.get()));
    if (size == 0) return {};
    disk.extents.push_back({disk.files.size(), 0, size});
    disk.files.push_back(std::move(file));
    return {};
}

}  // namespace

Result<sandbox::LaunchDisk> bundle_disk(const std::string& root, const std::string& directory,
                                        BundleDisk kind) {
    Files files =
        TRY_CONTEXT(kind == BundleDisk::Kept ? kept(root, directory) : unnamed(root, directory),
                    "the bundle's root file system");
    sandbox::LaunchDisk disk;
    disk.serial = protocol::kLowerSerial;
    TRY(add(std::move(files.metadata), disk));
    TRY(add(std::move(files.data), disk));
    return disk;
}

}  // namespace bulkhead::engine
