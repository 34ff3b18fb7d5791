#include "guest-agent/launch/program_file.h"

#include <elf.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

#include <catch2/catch.hpp>

namespace bulkhead::agent {
namespace {

namespace fs = std::filesystem;

std::string interpreter(std::string_view head) {
    return interpreter_of(std::as_bytes(std::span(head)));
}

// An ELF program of 64 bits, of a header, program headers and an interpreter's path.
struct Elf {
    static constexpr std::size_t kPath = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);

    Elf() {
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_phoff = sizeof(Elf64_Ehdr);
        header.e_phnum = 2;
        segments[0].p_type = PT_LOAD;
        segments[1].p_type = PT_INTERP;
        segments[1].p_offset = kPath;
    }

    [[nodiscard]] std::string bytes() const {
        std::string bytes(kPath, '\0');
        std::memcpy(bytes.data(), &header, sizeof(header));
        std::memcpy(bytes.data() + sizeof(header), segments.data(), sizeof(segments));
        return bytes + "/lib/ld.so" + std::string(1, '\0') + "more";
    }

    Elf64_Ehdr header{};
    std::array<Elf64_Phdr, 2> segments{};
};

// A directory of the test's own.
class Place {
  public:
    Place() : path_("/tmp/bulkhead-programs.XXXXXX") {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }

    ~Place() { fs::remove_all(path_); }

    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(file(name)) << content;
        return file(name);
    }

  private:
    std::string path_;
};

// What this process has read so far, in bytes (proc(5), rchar).
std::size_t bytes_read() {
    std::ifstream io("/proc/self/io");
    std::string name;
    std::size_t count = 0;
    io >> name >> count;
    REQUIRE(name == "rchar:");
    return count;
}

// How much of files read_program() reads, in bytes; what bytes_read() itself reads is little.
std::size_t read_by(const std::string& path) {
    const std::size_t before = bytes_read();
    read_program(path);
    return bytes_read() - before;
}

constexpr std::size_t kLittle = 16384;
constexpr std::size_t kMuch = 1'000'000;
constexpr std::size_t kMost = std::size_t{33} * 1024 * 1024;

TEST_CASE("program files: a script's interpreter is its first line's first word") {
    CHECK(interpreter("#!/bin/sh\n") == "/bin/sh");
    CHECK(interpreter("#!/bin/sh\necho #!/bin/other\n") == "/bin/sh");
    CHECK(interpreter("#! \t /bin/sh -e\n") == "/bin/sh");
    CHECK(interpreter("#!/usr/bin/env\tpython3 -u\n") == "/usr/bin/env");
    CHECK(interpreter("#!/bin/sh") == "/bin/sh");
    CHECK(interpreter("#!relative\n") == "relative");
}

TEST_CASE("program files: what names no interpreter has none") {
    for (const char* head :
         {"", "#", "#!", "#!\n", "#! \t", "#! \n/bin/sh\n", " #!/bin/sh\n", "/bin/sh\n", "\x7f",
          "\x7f"
          "ELF"}) {
        CAPTURE(head);
        CHECK(interpreter(head).empty());
    }
}

TEST_CASE("program files: an ELF program's interpreter is its PT_INTERP's") {
    Elf elf;
    CHECK(interpreter(elf.bytes()) == "/lib/ld.so");
    // What was read of the file may cut it.
    CHECK(interpreter(elf.bytes().substr(0, Elf::kPath + 4)) == "/lib");
    CHECK(interpreter(elf.bytes().substr(0, Elf::kPath)).empty());
    elf.segments[1].p_type = PT_LOAD;
    CHECK(interpreter(elf.bytes()).empty());
    elf.segments[0].p_type = PT_INTERP;
    elf.segments[0].p_offset = Elf::kPath;
    CHECK(interpreter(elf.bytes()) == "/lib/ld.so");
}

TEST_CASE("program files: an ELF program of 32 bits is not looked at") {
    Elf elf;
    elf.header.e_ident[EI_CLASS] =
        GENERATE(std::uint8_t{ELFCLASS32}, std::uint8_t{ELFCLASSNONE}, std::uint8_t{99});
    CHECK(interpreter(elf.bytes()).empty());
}

TEST_CASE("program files: an ELF head that is cut anywhere before its interpreter has none") {
    const std::string whole = Elf().bytes();
    for (std::size_t size = 0; size <= Elf::kPath; ++size) {
        CAPTURE(size);
        // A copy of its own: a sanitizer sees a read beyond it.
        const std::vector<char> head(whole.begin(),
                                     whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(interpreter_of(std::as_bytes(std::span(head))).empty());
    }
}

TEST_CASE("program files: an ELF head that points elsewhere has none") {
    constexpr auto kLast = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t size = Elf().bytes().size();
    const std::uint64_t place =
        GENERATE_COPY(size, size + 1, std::uint64_t{4096}, std::uint64_t{1} << 32U,
                      std::uint64_t{1} << 63U, kLast - sizeof(Elf64_Phdr) + 1, kLast - 1, kLast);
    CAPTURE(place);
    Elf segment;
    segment.segments[1].p_offset = place;
    CHECK(interpreter(segment.bytes()).empty());
    Elf headers;
    headers.header.e_phoff = place;
    CHECK(interpreter(headers.bytes()).empty());
}

TEST_CASE("program files: an ELF head with more program headers than it has room for has none") {
    Elf elf;
    elf.segments[1].p_type = PT_LOAD;
    elf.header.e_phnum = 0xffff;
    CHECK(interpreter(elf.bytes()).empty());
    elf.header.e_phnum = 0;
    elf.segments[0].p_type = PT_INTERP;
    CHECK(interpreter(elf.bytes()).empty());
}

TEST_CASE("program files: a script is read, its interpreter, and the interpreter's") {
    const Place place;
    const std::string loader = place.write("loader", std::string(kMuch, 'x'));
    const std::string shell = place.write("shell", "#!" + loader + "\n" + std::string(kMuch, 'x'));
    const std::string script =
        place.write("script", "#! " + shell + " -e\n" + std::string(kMuch, 'x'));
    const std::size_t loader_alone = read_by(loader);
    CHECK(loader_alone >= kMuch);
    CHECK(loader_alone < kMuch + kLittle);
    const std::size_t all = read_by(script);
    CHECK(all >= 3 * kMuch);
    CHECK(all < 3 * (kMuch + kLittle));
}

TEST_CASE("program files: what is no file of a program is not read, and nobody waits for it") {
    const Place place;
    REQUIRE(::mkfifo(place.file("fifo").c_str(), 0644) == 0);
    fs::create_symlink("itself", place.file("itself"));
    for (const std::string& path :
         {std::string(), place.file("nothing"), place.file(""), place.file("fifo"),
          place.file("itself"), std::string("/dev/zero")}) {
        CAPTURE(path);
        CHECK(read_by(path) < kLittle);
        CHECK(read_by(place.write("script", "#!" + path + "\n")) < kLittle);
    }
}

TEST_CASE("program files: scripts that are each other's interpreters are read a few times") {
    const Place place;
    const std::string much(kMuch, 'x');
    const std::string one = place.write("one", "#!" + place.file("two") + "\n" + much);
    place.write("two", "#!" + one + "\n" + much);
    const std::size_t count = read_by(one);
    CHECK(count >= 2 * kMuch);
    CHECK(count < 4 * kMuch);
}

TEST_CASE("program files: of a huge file only the beginning is read") {
    const Place place;
    const std::string path = place.write("huge", "x");
    fs::resize_file(path, std::uint64_t{1} << 40U);
    const std::size_t count = read_by(path);
    CHECK(count > kMuch);
    CHECK(count < kMost);
}

}  // namespace
}  // namespace bulkhead::agent
