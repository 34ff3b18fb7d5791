#include "guest-agent/launch/program_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "base/scratch.h"
#include "base/syscalls.h"

namespace bulkhead::agent {

namespace {

constexpr std::size_t kMostBytes = std::size_t{32} * 1024 * 1024;
constexpr std::size_t kHead = 4096;

// Whatever is there, opening it has no effect and does not wait.
UniqueFd open_regular(const std::string& path) {
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));

    struct stat status {};

    if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    return file;
}

std::string_view text_of(std::span<const std::byte> bytes) {
    // SAFETY: char may look at the bytes of any object.
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Value>
std::optional<Value> value_at(std::span<const std::byte> bytes, std::size_t offset) {
    if (offset > bytes.size() || sizeof(Value) > bytes.size() - offset) return std::nullopt;
    Value value;
    std::memcpy(&value, bytes.data() + offset, sizeof(value));
    return value;
}

std::string script_interpreter(std::string_view head) {
    head.remove_prefix(2);
    const auto begin = head.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    head.remove_prefix(begin);
    return std::string(head.substr(0, head.find_first_of(" \t\n")));
}

std::string elf_interpreter(std::span<const std::byte> head) {
    const auto header = value_at<Elf64_Ehdr>(head, 0);
    if (!header || header->e_ident[EI_CLASS] != ELFCLASS64) return {};
    for (std::size_t i = 0; i < header->e_phnum; ++i) {
        const std::size_t place = i * sizeof(Elf64_Phdr);
        if (header->e_phoff > head.size()) return {};
        const auto segment = value_at<Elf64_Phdr>(head, header->e_phoff + place);
        if (!segment) return {};
        if (segment->p_type != PT_INTERP) continue;
        if (segment->p_offset > head.size()) return {};
        const std::string_view rest = text_of(head.subspan(segment->p_offset));
        return std::string(rest.substr(0, rest.find('\0')));
    }
    return {};
}

// readahead() would not wait for the disk.
void read_all(int file) {
    constexpr std::size_t kStep = std::size_t{64} * 1024;
    const Scratch buffer(kStep);
    for (std::size_t at = 0; at < kMostBytes; at += kStep) {
        const auto got = pread_full(file, buffer.bytes(), at);
        if (!got || *got < kStep) return;
    }
}

// Gives its interpreter's path, if it has one.
std::string read_one(const std::string& path) {
    const UniqueFd file = open_regular(path);
    if (!file.valid()) return {};
    std::array<std::byte, kHead> head{};
    const auto got = pread_full(file.get(), head, 0);
    if (!got) return {};
    read_all(file.get());
    return interpreter_of(std::span(head).first(*got));
}

}  // namespace

std::string interpreter_of(std::span<const std::byte> head) {
    const std::string_view text = text_of(head);
    if (text.starts_with("#!")) return script_interpreter(text);
    return text.starts_with(std::string_view(ELFMAG, SELFMAG)) ? elf_interpreter(head)
                                                               : std::string();
}

void read_program(const std::string& path) {
    // A script's interpreter may have one of its own.
    constexpr int kMostDeep = 3;
    std::string next = path;
    for (int depth = 0; depth < kMostDeep && !next.empty(); ++depth) next = read_one(next);
}

}  // namespace bulkhead::agent
