#include "tests/guest/hostile/machine.h"

// What the compiler calls by itself.
extern "C" {
void* memset(void* to, int value, std::size_t size) {
    auto* bytes = static_cast<volatile unsigned char*>(to);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(value);
    return to;
}

void* memcpy(void* to, const void* from, std::size_t size) {
    auto* bytes = static_cast<volatile unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = source[i];
    return to;
}
}

namespace hostile {

namespace {

constexpr std::uint16_t kConsole = 0x3f8;
constexpr std::uint64_t kFirstDevice = 0xd000'0000;
// hvm_start_info: the address of the command line.
constexpr std::uint64_t kCommandLineField = 24;

}  // namespace

void print(const char* text) {
    for (; *text != 0; ++text) out<std::uint8_t>(kConsole, static_cast<std::uint8_t>(*text));
}

void print_number(std::uint64_t value) {
    char digits[21];
    char* at = digits + sizeof(digits);
    *--at = 0;
    do {
        *--at = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    print(at);
}

void halt() {
    while (true) asm volatile("cli; hlt");
}

void linger(unsigned reads) {
    for (unsigned i = 0; i < reads; ++i) static_cast<void>(load<std::uint32_t>(kFirstDevice));
}

const char* command_line(std::uint32_t boot_data) {
    return reinterpret_cast<const char*>(load<std::uint64_t>(boot_data + kCommandLineField));
}

bool same_word(const char* word, const char* name) {
    while (*name != 0 && *word == *name) {
        ++word;
        ++name;
    }
    return *name == 0 && (*word == 0 || *word == ' ');
}

const char* argument(const char* line, const char* name) {
    for (const char* word = line; *word != 0; ++word) {
        if (word != line && word[-1] != ' ') continue;
        const char* at = word;
        const char* wanted = name;
        while (*wanted != 0 && *at == *wanted) {
            ++at;
            ++wanted;
        }
        if (*wanted == 0 && *at == '=') return at + 1;
    }
    return nullptr;
}

std::uint64_t number(const char* text) {
    std::uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; ++text)
        value = value * 10 + static_cast<std::uint64_t>(*text - '0');
    return value;
}

std::uint64_t Random::next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545'f491'4f6c'dd1d;
}

std::uint64_t Random::nasty() {
    const std::uint64_t value = next();
    switch (below(8)) {
        case 0:
            return 0;
        case 1:
            return ~std::uint64_t{0};
        case 2:
            return std::uint64_t{1} << (value % 64);
        case 3:
            return (std::uint64_t{1} << (value % 64)) - 1;
        case 4:
            return kFirstDevice + value % 0x20000;
        case 5:
            return kRamBytes - 8 + value % 16;
        case 6:
            return value % 16;
        default:
            return value;
    }
}

}  // namespace hostile
