// What a process in a container might try against the guest's kernel and against its neighbours.
// One line for each act, "ACT<tab>done" or the error's name: security_cases.py compares them with
// docs/security-profiles.md. With the argument "euid" it says whose rights it has. Static, so that
// any image can run it.
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <net/if.h>

namespace {

// Not negative: done.
using Act = long (*)();

struct NamedAct {
    const char* name;
    Act act;
};

template <class... Arguments>
long call(long number, Arguments... arguments) {
    return ::syscall(number, arguments...);
}

pid_t sleeper() {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::pause();
        ::_exit(0);
    }
    return pid;
}

// What `act` does to a process of the same user, which ends afterwards.
long to_another(long (*act)(pid_t)) {
    const pid_t pid = sleeper();
    if (pid < 0) return -1;
    const long result = act(pid);
    const int error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    errno = error;
    return result;
}

long open_file(const char* path, int flags) {
    const int fd = ::open(path, flags | O_CLOEXEC);
    if (fd >= 0) ::close(fd);
    return fd;
}

long read_byte(const char* path) {
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    char byte = 0;
    const ssize_t count = ::read(fd, &byte, 1);
    ::close(fd);
    if (count == 0) errno = ENODATA;
    return count == 1 ? 0 : -1;
}

long fork_with(unsigned long flags) {
    const long pid = call(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (pid == 0) ::_exit(0);
    if (pid > 0) ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
    return pid;
}

// getpid's number in the table of 32-bit programs, by their own way into the kernel.
long call_as_32_bit() {
    long result = 20;
    asm volatile("int $0x80" : "+a"(result) : : "memory");
    if (result < 0) errno = static_cast<int>(-result);
    return result < 0 ? -1 : 0;
}

// The kernel writes addresses as zeroes to those who may not know them.
long find_kernel_address() {
    FILE* const file = std::fopen("/proc/kallsyms", "re");
    if (file == nullptr) return -1;
    unsigned long address = 0;
    const int fields = std::fscanf(file, "%lx", &address);
    std::fclose(file);
    errno = EACCES;
    return fields == 1 && address != 0 ? 0 : -1;
}

// It is process 1 of the guest, and none of the container's.
long find_agent() {
    DIR* const directory = ::opendir("/proc");
    if (directory == nullptr) return -1;
    errno = ESRCH;
    long found = -1;
    while (const dirent* entry = ::readdir(directory)) {
        std::array<char, 64> name{};
        std::array<char, 300> path{};
        std::snprintf(path.data(), path.size(), "/proc/%s/comm", entry->d_name);
        FILE* const file = std::fopen(path.data(), "re");
        if (file == nullptr) continue;
        if (std::fgets(name.data(), name.size(), file) != nullptr &&
            std::strncmp(name.data(), "bulkhead", 8) == 0)
            found = 0;
        std::fclose(file);
    }
    ::closedir(directory);
    errno = ESRCH;
    return found;
}

constexpr std::array kActs = {
    NamedAct{"make a user namespace", [] { return call(SYS_unshare, CLONE_NEWUSER); }},
    NamedAct{"fork into a user namespace", [] { return fork_with(CLONE_NEWUSER); }},
    NamedAct{"make a mount namespace", [] { return call(SYS_unshare, CLONE_NEWNS); }},
    NamedAct{"make a network namespace", [] { return call(SYS_unshare, CLONE_NEWNET); }},
    NamedAct{"mount a tmpfs", [] { return call(SYS_mount, "t", "/tmp", "tmpfs", 0UL, nullptr); }},
    NamedAct{"open a file system (fsopen)", [] { return call(SYS_fsopen, "tmpfs", 0); }},
    NamedAct{"change the root (chroot)", [] { return call(SYS_chroot, "/"); }},
    NamedAct{"io_uring",
             [] {
                 io_uring_params parameters{};
                 return call(SYS_io_uring_setup, 4U, &parameters);
             }},
    NamedAct{"a BPF map",
             [] {
                 bpf_attr attributes{};
                 attributes.map_type = BPF_MAP_TYPE_ARRAY;
                 attributes.key_size = 4;
                 attributes.value_size = 4;
                 attributes.max_entries = 1;
                 return call(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes));
             }},
    NamedAct{"count events (perf_event_open)",
             [] {
                 perf_event_attr attributes{};
                 attributes.type = PERF_TYPE_SOFTWARE;
                 attributes.size = sizeof(attributes);
                 attributes.config = PERF_COUNT_SW_PAGE_FAULTS;
                 return call(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL);
             }},
    NamedAct{"serve page faults (userfaultfd)", [] { return call(SYS_userfaultfd, O_CLOEXEC); }},
    // KEYCTL_GET_KEYRING_ID of the session's.
    NamedAct{"the session's keys (keyctl)", [] { return call(SYS_keyctl, 0, -3, 0); }},
    NamedAct{"trace another process",
             [] {
                 return to_another(
                     [](pid_t pid) { return call(SYS_ptrace, PTRACE_SEIZE, pid, 0, 0); });
             }},
    NamedAct{"read another process's memory",
             [] {
                 return to_another([](pid_t pid) {
                     static long value = 1;
                     long copy = 0;
                     const iovec here{&copy, sizeof(copy)};
                     const iovec there{&value, sizeof(value)};
                     return call(SYS_process_vm_readv, pid, &here, 1UL, &there, 1UL, 0UL);
                 });
             }},
    NamedAct{"memory hidden from the kernel (memfd_secret)", [] { return call(447, 0); }},
    NamedAct{"16-bit segments (modify_ldt)",
             [] {
                 std::array<char, 16> table{};
                 return call(SYS_modify_ldt, 0, table.data(), table.size());
             }},
    NamedAct{"no random addresses (personality)",
             [] { return call(SYS_personality, 0x0040000UL); }},
    NamedAct{"a 32-bit system call", call_as_32_bit},
    NamedAct{"a file's handle (name_to_handle_at)",
             [] {
                 std::array<unsigned, 34> handle{128};
                 int mount = 0;
                 return call(SYS_name_to_handle_at, AT_FDCWD, "/", handle.data(), &mount, 0);
             }},
    NamedAct{"a packet socket", [] { return call(SYS_socket, AF_PACKET, SOCK_RAW, 0); }},
    NamedAct{"a raw IP socket", [] { return call(SYS_socket, AF_INET, SOCK_RAW, 1); }},
    NamedAct{"a vsock socket, to the host",
             [] { return call(SYS_socket, AF_VSOCK, SOCK_STREAM, 0); }},
    NamedAct{"a TCP socket", [] { return call(SYS_socket, AF_INET, SOCK_STREAM, 0); }},
    NamedAct{"a socket pair",
             [] {
                 std::array<int, 2> pair{};
                 return call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair.data());
             }},
    NamedAct{"make a device",
             [] { return call(SYS_mknod, "/tmp/device", S_IFCHR | 0600, makedev(1, 1)); }},
    NamedAct{"give a file to another user",
             [] {
                 const int fd = ::open("/tmp/given", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
                 return fd < 0 ? -1L : call(SYS_fchown, fd, 1000, 1000);
             }},
    NamedAct{"become another user", [] { return call(SYS_setuid, 1000); }},
    NamedAct{"read the kernel's log", [] { return call(SYS_syslog, 10, nullptr, 0); }},
    NamedAct{"learn a kernel address", find_kernel_address},
    NamedAct{"change a kernel setting",
             [] { return open_file("/proc/sys/kernel/panic", O_WRONLY); }},
    NamedAct{"load a kernel module", [] { return call(SYS_init_module, "", 0UL, ""); }},
    NamedAct{"load another kernel (kexec)",
             [] { return call(SYS_kexec_load, 0UL, 0UL, nullptr, 0UL); }},
    NamedAct{"the kernel's memory (/dev/mem)", [] { return open_file("/dev/mem", O_RDWR); }},
    NamedAct{"the kernel's memory (/proc/kcore)", [] { return read_byte("/proc/kcore"); }},
    NamedAct{"the list of modules", [] { return read_byte("/proc/modules"); }},
    NamedAct{"the kernel's tracing",
             [] { return open_file("/sys/kernel/tracing/kprobe_events", O_WRONLY); }},
    NamedAct{"see the guest's agent", find_agent},
    NamedAct{"change the agent's file", [] { return open_file("/init", O_WRONLY); }},
    NamedAct{"use I/O ports", [] { return call(SYS_iopl, 3); }},
    NamedAct{"reboot the machine's kernel (bad magic)",
             [] { return call(SYS_reboot, 0, 0, 0, nullptr); }},
};

}  // namespace

int main(int count, char** arguments) {
    if (count == 2 && std::strcmp(arguments[1], "euid") == 0) {
        std::printf("%u\n", ::geteuid());
        return 0;
    }
    for (const auto& [name, act] : kActs) {
        std::printf("%s\t", name);
        std::fflush(stdout);
        const pid_t pid = ::fork();
        if (pid == 0) {
            if (act() < 0)
                std::printf("%s\n", ::strerrorname_np(errno));
            else
                std::printf("done\n");
            std::fflush(stdout);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(pid, &status, 0);
        if (WIFSIGNALED(status)) std::printf("killed\n");
    }
    return 0;
}
