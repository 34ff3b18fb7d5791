#include "tools/bulkhead/go_template/literal.h"

#include <charconv>
#include <cstdint>

#include "base/text.h"

namespace bulkhead::go_template {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void append_utf8(std::string& text, std::uint32_t code) {
    const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0U | (code >> 6U));
        byte(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        byte(0xE0U | (code >> 12U));
        byte(0x80U | ((code >> 6U) & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    } else {
        byte(0xF0U | (code >> 18U));
        byte(0x80U | ((code >> 12U) & 0x3FU));
        byte(0x80U | ((code >> 6U) & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    }
}

// \x41, \u00e9, \U0001f600; `at` is behind the letter and moves behind the digits.
Result<std::uint32_t> read_code(std::string_view text, std::size_t& at, std::size_t digits) {
    constexpr std::uint32_t kLastCode = 0x10FFFF;
    std::uint32_t code = 0;
    const std::string_view part = text.substr(at, digits);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), code, 16);
    if (part.size() != digits || error != std::errc() || end != part.data() + digits ||
        code > kLastCode)
        return Error("bad escape in a string");
    at += digits;
    return code;
}

// One escape; `at` is behind the backslash.
Result<void> read_escape(std::string_view text, std::size_t& at, std::string& value) {
    constexpr std::string_view kLetters = "abfnrtv\\\"'";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"'";
    if (at >= text.size()) return Error("a string without its end");
    const char letter = text[at++];
    if (const std::size_t known = kLetters.find(letter); known != std::string_view::npos) {
        value += kMeanings[known];
        return {};
    }
    if (letter == 'x') {
        value += static_cast<char>(TRY(read_code(text, at, 2)));
        return {};
    }
    if (letter != 'u' && letter != 'U')
        return Error(concat("unknown escape \\", letter, " in a string"));
    append_utf8(value, TRY(read_code(text, at, letter == 'u' ? 4 : 8)));
    return {};
}

Result<Constant> read_quoted(std::string_view text) {
    const char quote = text.front();
    std::string value;
    for (std::size_t at = 1; at < text.size();) {
        const char c = text[at];
        if (c == quote) return Constant{value, at + 1};
        if (c == '\n') break;
        ++at;
        if (c == '\\') {
            TRY(read_escape(text, at, value));
        } else {
            value += c;
        }
    }
    return Error("a string without its end");
}

// Only what one byte holds: nobody formats with others.
Result<Constant> read_character(std::string_view text) {
    Constant constant = TRY(read_quoted(text));
    const auto character = constant.value.get<std::string>();
    if (character.size() != 1) return Error("a character constant is one ASCII character");
    constant.value = static_cast<std::int64_t>(static_cast<unsigned char>(character.front()));
    return constant;
}

Result<Constant> read_number(std::string_view text) {
    const std::size_t sign = text.front() == '+' ? 1 : 0;  // from_chars takes no plus
    const std::string_view digits = text.substr(sign);
    const char* const begin = digits.data();
    const char* const end = begin + digits.size();
    std::int64_t whole = 0;
    const auto integer = std::from_chars(begin, end, whole);
    double real = 0;
    const auto floating = std::from_chars(begin, end, real);
    if (floating.ec != std::errc() || (digits.front() != '-' && !is_digit(digits.front())))
        return Error("bad number");
    const auto length = static_cast<std::size_t>(floating.ptr - text.data());
    if (integer.ec == std::errc() && integer.ptr == floating.ptr) return Constant{whole, length};
    return Constant{real, length};
}

}  // namespace

Result<Constant> read_constant(std::string_view text) {
    switch (text.front()) {
        case '"':
            return read_quoted(text);
        case '\'':
            return read_character(text);
        case '`': {
            const std::size_t end = text.find('`', 1);
            if (end == std::string_view::npos) return Error("a raw string without its end");
            return Constant{std::string(text.substr(1, end - 1)), end + 1};
        }
        default:
            if (text.size() < 2 && !is_digit(text.front())) return Error("bad number");
            return read_number(text);
    }
}

}  // namespace bulkhead::go_template
