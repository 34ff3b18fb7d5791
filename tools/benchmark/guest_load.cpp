// What tools/bench has a machine's program do: disk accesses, or a stream of output. Static, so
// that it runs in any machine. Prints "METRIC VALUE" lines for what it has timed itself.
//
//   guest_load disk FILE MIB       sequential 1 MiB and random 4 KiB accesses of FILE, direct
//   guest_load stream MIB [PORT]   80-byte lines to standard output, or to the host's vsock port

#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;
constexpr std::size_t kSmall = 4096;
constexpr int kRandomAccesses = 1024;
constexpr std::size_t kLine = 80;
constexpr std::size_t kChunk = kLine * 512;  // what a program with a buffered stdout writes, about

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

// From 1.
std::size_t number(const char* text) {
    const std::size_t value = std::strtoul(text, nullptr, 10);
    if (value == 0) {
        std::fprintf(stderr, "%s: no number from 1\n", text);
        std::exit(2);
    }
    return value;
}

double seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

using Access = ssize_t (*)(int file, char* buffer, std::size_t size, off_t offset);

ssize_t do_read(int file, char* buffer, std::size_t size, off_t offset) {
    return ::pread(file, buffer, size, offset);
}

ssize_t do_write(int file, char* buffer, std::size_t size, off_t offset) {
    return ::pwrite(file, buffer, size, offset);
}

void access_once(int file, Access access, char* buffer, std::size_t size, off_t offset) {
    if (access(file, buffer, size, offset) != static_cast<ssize_t>(size)) fail("access");
}

// A write counts once it is on the disk.
void end_of(int file, Access access) {
    if (access == do_write && ::fdatasync(file) != 0) fail("fdatasync");
}

void sequential(const char* metric, int file, Access access, char* buffer, std::size_t mib) {
    const double start = seconds();
    for (std::size_t i = 0; i < mib; ++i)
        access_once(file, access, buffer, kMiB, static_cast<off_t>(i * kMiB));
    end_of(file, access);
    std::printf("%s %.3f\n", metric, static_cast<double>(mib) / (seconds() - start));
}

void random(const char* metric, int file, Access access, char* buffer, std::size_t mib) {
    const std::size_t blocks = mib * kMiB / kSmall;
    std::uint64_t state = 1;
    const double start = seconds();
    for (int i = 0; i < kRandomAccesses; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX
        access_once(file, access, buffer, kSmall,
                    static_cast<off_t>((state >> 33U) % blocks * kSmall));
    }
    end_of(file, access);
    std::printf("%s %.3f\n", metric, kRandomAccesses / (seconds() - start));
}

int disk(const char* path, std::size_t mib) {
    const int file = ::open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
    if (file < 0) fail(path);
    char* buffer = static_cast<char*>(std::aligned_alloc(kSmall, kMiB));
    if (buffer == nullptr) fail("memory");
    std::memset(buffer, 'x', kMiB);
    sequential("lay_out", file, do_write, buffer, mib);  // the file system allocates: not a metric
    sequential("disk_write_mib_per_second", file, do_write, buffer, mib);
    sequential("disk_read_mib_per_second", file, do_read, buffer, mib);
    random("disk_write_4k_per_second", file, do_write, buffer, mib);
    random("disk_read_4k_per_second", file, do_read, buffer, mib);
    return 0;
}

int host_port(unsigned port) {
    const int stream = ::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = VMADDR_CID_HOST;
    address.svm_port = port;
    if (stream < 0 ||
        ::connect(stream, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
        fail("vsock");
    return stream;
}

int stream(std::size_t mib, int output) {
    static char chunk[kChunk];
    for (std::size_t i = 0; i < kChunk; ++i)
        chunk[i] = i % kLine == kLine - 1 ? '\n' : static_cast<char>('a' + i % 26);
    for (std::size_t left = mib * kMiB; left > 0;) {
        const ssize_t written = ::write(output, chunk, left < kChunk ? left : kChunk);
        if (written <= 0) fail("write");
        left -= static_cast<std::size_t>(written);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb == "disk" && argc == 4) return disk(argv[2], number(argv[3]));
    if (verb == "stream" && (argc == 3 || argc == 4)) {
        const int output =
            argc == 4 ? host_port(static_cast<unsigned>(number(argv[3]))) : STDOUT_FILENO;
        return stream(number(argv[2]), output);
    }
    std::fprintf(stderr, "usage: guest_load disk FILE MIB | stream MIB [PORT]\n");
    return 2;
}
