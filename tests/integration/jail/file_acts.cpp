// Files, mounts, programs.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/integration/jail/act.h"

namespace bulkhead::test {

namespace {

int open_path(const char* path, int flags) {
    return outcome(::syscall(SYS_openat, AT_FDCWD, path, flags, 0600));
}

int execute(const char* path) {
    const char* const none[] = {nullptr};
    return outcome(::syscall(SYS_execve, path, none, none));
}

int open_with_openat2() {
    open_how how{};
    return outcome(::syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof(how)));
}

int list_root() {
    const long root = ::syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
    if (root < 0) return errno;
    char entries[1024];
    return outcome(::syscall(SYS_getdents64, root, entries, sizeof(entries)));
}

int look_at_file() {
    struct stat status {};

    return outcome(::syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &status, 0));
}

int read_own_link() {
    char text[64];
    return outcome(::syscall(SYS_readlink, "/proc/self/exe", text, sizeof(text)));
}

int open_by_handle() {
    // struct file_handle: how many bytes follow, their kind, and they.
    struct {
        unsigned bytes = 8;
        int type = 1;
        char handle[8]{};
    } handle;

    return outcome(::syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY));
}

int execute_memory() {
    const long file = ::syscall(SYS_memfd_create, "program", 0);
    if (file < 0) return errno;
    const char script[] = "#!/bin/sh\n";
    if (::syscall(SYS_write, file, script, sizeof(script) - 1) < 0) return errno;
    const char* const none[] = {nullptr};
    return outcome(::syscall(SYS_execveat, file, "", none, none, AT_EMPTY_PATH));
}

}  // namespace

std::vector<Act> file_acts() {
    return {
        {"open a file of the host", [] { return open_path("/etc/passwd", O_RDONLY); }},
        {"open it with openat2", open_with_openat2},
        {"open it by its handle", open_by_handle},
        {"look at it (stat)", look_at_file},
        {"make a file", [] { return open_path("/file", O_RDWR | O_CREAT); }},
        {"make a directory", [] { return outcome(::syscall(SYS_mkdirat, AT_FDCWD, "/d", 0700)); }},
        {"remove a file",
         [] { return outcome(::syscall(SYS_unlinkat, AT_FDCWD, "/etc/passwd", 0)); }},
        {"list the root directory", list_root},
        {"read /proc/self/status", [] { return open_path("/proc/self/status", O_RDONLY); }},
        {"read a process's memory (/proc/1/mem)", [] { return open_path("/proc/1/mem", O_RDWR); }},
        {"read where its program is", read_own_link},
        {"open /dev/kvm anew", [] { return open_path("/dev/kvm", O_RDWR); }},
        {"go out of the root directory (chroot)",
         [] { return outcome(::syscall(SYS_chroot, "..")); }},
        {"execute a shell", [] { return execute("/bin/sh"); }},
        {"execute itself", [] { return execute("/proc/self/exe"); }},
        {"execute what it wrote (memfd)", execute_memory},
        {"mount /proc",
         [] { return outcome(::syscall(SYS_mount, "proc", "/", "proc", 0, nullptr)); }},
        {"mount a tmpfs", [] { return outcome(::syscall(SYS_mount, "t", "/", "tmpfs", 0, "")); }},
        {"make the root writable",
         [] {
             return outcome(::syscall(SYS_mount, nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, 0));
         }},
        {"open a file system (fsopen)", [] { return outcome(::syscall(SYS_fsopen, "tmpfs", 0)); }},
        {"unmount", [] { return outcome(::syscall(SYS_umount2, "/", MNT_DETACH)); }},
        {"change the root (pivot_root)",
         [] { return outcome(::syscall(SYS_pivot_root, ".", ".")); }},
        // KEEP_SIZE: no limit of a file's size holds for it.
        {"allocate blocks behind a file's end (fallocate)",
         [] {
             return outcome(::syscall(SYS_fallocate, 0, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
                                      1L << 30, 1L << 30));
         },
         Second::MayNot},
        {"watch files (inotify)", [] { return outcome(::syscall(SYS_inotify_init1, 0)); },
         Second::MayNot},
    };
}

}  // namespace bulkhead::test
