#include "host/sandbox/disk_format.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/sandbox/guest_text.h"

namespace bulkhead::sandbox {

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr int kDiskDescriptor = 3;

// ext4 wants at least 4 MiB of journal; more than 32 MiB brings nothing here.
std::uint64_t journal_mib(std::uint64_t size) {
    return std::clamp<std::uint64_t>(size / kMiB / 64, 4, 32);
}

std::string find_mke2fs() {
    for (const char* path :
         {"/usr/sbin/mke2fs", "/sbin/mke2fs", "/usr/bin/mke2fs", "/usr/local/sbin/mke2fs"}) {
        if (::access(path, X_OK) == 0) return path;
    }
    return "";
}

// tools/make_upper_template uses the same options, and says why.
std::vector<std::string> arguments(std::uint64_t size) {
    return {"mke2fs",
            "-q",
            "-F",
            "-t",
            "ext4",
            "-b",
            "4096",
            "-m",
            "0",
            "-G",
            "128",
            "-J",
            concat("size=", journal_mib(size)),
            "-O",
            "^resize_inode,sparse_super2",
            "-E",
            "lazy_itable_init=0,lazy_journal_init=1,packed_meta_blocks=1,num_backup_sb=1",
            concat("/proc/self/fd/", kDiskDescriptor)};
}

class FileActions {
  public:
    FileActions() { ::posix_spawn_file_actions_init(&actions_); }

    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

    void duplicate_to(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }

    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

Result<pid_t> start(const std::string& program, std::vector<std::string> words, int disk,
                    int errors) {
    const UniqueFd null = TRY(open_file("/dev/null", O_RDWR));
    // A copy above the numbers that are assigned: dup2 onto itself would leave it close-on-exec.
    const UniqueFd source(::fcntl(disk, F_DUPFD_CLOEXEC, kDiskDescriptor + 1));
    const UniqueFd error_source(::fcntl(errors, F_DUPFD_CLOEXEC, kDiskDescriptor + 1));
    if (!source.valid() || !error_source.valid()) return errno_error("duplicate descriptor");
    FileActions actions;
    actions.duplicate_to(error_source.get(), STDERR_FILENO);
    actions.duplicate_to(null.get(), STDOUT_FILENO);
    actions.duplicate_to(null.get(), STDIN_FILENO);
    actions.duplicate_to(source.get(), kDiskDescriptor);
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::array<char*, 1> environment = {nullptr};
    pid_t pid = -1;
    const int failure = ::posix_spawn(&pid, program.c_str(), actions.get(), nullptr, argv.data(),
                                      environment.data());
    if (failure != 0) return errno_error(failure, "start " + program);
    return pid;
}

}  // namespace

Result<void> format_ext4(int disk, std::uint64_t size) {
    const std::string program = find_mke2fs();
    if (program.empty()) {
        return Error(
            "mke2fs is missing, which a disk of another size than the default needs: install "
            "e2fsprogs");
    }
    auto errors = TRY(make_pipe());
    const pid_t pid = TRY(start(program, arguments(size), disk, errors.second.get()));
    errors.second.reset();
    std::array<std::byte, 4096> buffer{};
    std::string said;
    // Read to the end, so that the program is not stopped by a full pipe; keep the beginning.
    for (auto count = read_full(errors.first.get(), buffer); count && *count > 0;
         count = read_full(errors.first.get(), buffer)) {
        // SAFETY: std::byte and char may alias.
        if (said.empty()) said.assign(reinterpret_cast<const char*>(buffer.data()), *count);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return Error("mke2fs failed: " + printable(said));
}

}  // namespace bulkhead::sandbox
