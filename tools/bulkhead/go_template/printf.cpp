#include "tools/bulkhead/go_template/printf.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "base/text.h"
#include "tools/bulkhead/go_template/limits.h"

namespace bulkhead::go_template {

namespace {

// "%-5.2f"
struct Directive {
    bool left = false;
    bool zeros = false;
    bool plus = false;
    bool space = false;
    bool sharp = false;
    std::size_t width = 0;
    std::optional<std::size_t> precision;
    char verb = '\0';
};

Error too_long() {
    return Error("the text is too long");
}

// Go's form of a mistake: it is printed, and is no error.
std::string wrong_type(char verb, const Value& value) {
    return concat("%!", verb, "(", go_text(value), ")");
}

std::string in_base(std::uint64_t number, unsigned base, bool upper) {
    const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string text;
    do {
        text.insert(text.begin(), digits[number % base]);
        number /= base;
    } while (number != 0);
    return text;
}

std::string whole_text(const Directive& directive, const Json& number) {
    const bool negative = number.is_number_integer() && !number.is_number_unsigned() &&
                          number.get<std::int64_t>() < 0;
    const auto bits = number.get<std::uint64_t>();
    const std::uint64_t magnitude = negative ? 0 - bits : bits;
    const char verb = directive.verb;
    const unsigned base = verb == 'd' || verb == 'v' ? 10 : verb == 'o' ? 8 : verb == 'b' ? 2 : 16;
    std::string text = in_base(magnitude, base, verb == 'X');
    if (directive.sharp && base == 16) text.insert(0, verb == 'X' ? "0X" : "0x");
    if (negative) return "-" + text;
    return (directive.plus ? "+" : directive.space ? " " : "") + text;
}

std::string real_text(const Directive& directive, double number) {
    constexpr std::size_t kMostDigits = 100;
    constexpr int kUsualPrecision = 6;
    std::array<char, 512> buffer{};
    const int precision = directive.precision
                              ? static_cast<int>(std::min(*directive.precision, kMostDigits))
                              : kUsualPrecision;
    int length = 0;
    if (directive.verb == 'e') {
        length = std::snprintf(buffer.data(), buffer.size(), "%.*e", precision, number);
    } else if (directive.verb == 'g') {
        length = std::snprintf(buffer.data(), buffer.size(), "%.*g",
                               directive.precision ? precision : 17, number);
    } else {
        length = std::snprintf(buffer.data(), buffer.size(), "%.*f", precision, number);
    }
    const auto used =
        std::clamp<std::size_t>(static_cast<std::size_t>(length), 0, buffer.size() - 1);
    return (directive.plus && number >= 0 ? "+" : "") + std::string(buffer.data(), used);
}

std::string hex_bytes(const std::string& bytes, bool upper) {
    std::string text;
    for (const char c : bytes) {
        const std::string pair = in_base(static_cast<unsigned char>(c), 16, upper);
        text += (pair.size() == 1 ? "0" : "") + pair;
    }
    return text;
}

std::string body_of(const Directive& directive, const Value& value) {
    const Json& json = json_of(value);
    switch (directive.verb) {
        case 'v':
            if (json.is_number_integer()) return whole_text(directive, json);
            return go_text(value);
        case 's': {
            if (!json.is_string()) return go_text(value);
            const auto& text = json.get_ref<const std::string&>();
            return text.substr(0, directive.precision.value_or(text.size()));
        }
        case 'q':
            return json_text(json.is_string() ? json : Json(go_text(value)));
        case 't':
            return json.is_boolean() ? go_text(value) : wrong_type('t', value);
        case 'c':
            if (!json.is_number_integer()) return wrong_type('c', value);
            return std::string(1, static_cast<char>(json.get<std::uint64_t>() & 0x7FU));
        case 'd':
        case 'o':
        case 'b':
            return json.is_number_integer() ? whole_text(directive, json)
                                            : wrong_type(directive.verb, value);
        case 'x':
        case 'X':
            if (json.is_string())
                return hex_bytes(json.get_ref<const std::string&>(), directive.verb == 'X');
            return json.is_number_integer() ? whole_text(directive, json)
                                            : wrong_type(directive.verb, value);
        case 'e':
        case 'f':
        case 'g':
            return json.is_number() ? real_text(directive, json.get<double>())
                                    : wrong_type(directive.verb, value);
        default:
            return wrong_type(directive.verb, value);
    }
}

// As many characters as `width` says; UTF-8's continuation bytes do not count.
std::string padded(const Directive& directive, std::string text) {
    const auto characters =
        static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
        }));
    if (characters >= directive.width) return text;
    const std::size_t missing = directive.width - characters;
    if (directive.left) return text + std::string(missing, ' ');
    if (!directive.zeros) return std::string(missing, ' ') + text;
    const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    return text.insert(sign, std::string(missing, '0'));
}

class Formatter {
  public:
    Formatter(std::string_view format, const Values& arguments)
        : format_(format), arguments_(arguments) {}

    Result<std::string> run() {
        while (at_ < format_.size()) {
            const char c = format_[at_++];
            if (c != '%') {
                text_ += c;
                continue;
            }
            const Directive directive = TRY(read_directive());
            if (directive.verb == '%') {
                text_ += '%';
            } else if (next_ >= arguments_.size()) {
                text_ += concat("%!", directive.verb, "(MISSING)");
            } else {
                text_ += padded(directive, body_of(directive, arguments_[next_++]));
            }
            if (text_.size() > kMaxOutputBytes) return too_long();
        }
        if (next_ < arguments_.size()) text_ += "%!(EXTRA)";
        return std::move(text_);
    }

  private:
    Result<Directive> read_directive() {
        Directive directive;
        for (; at_ < format_.size(); ++at_) {
            const char flag = format_[at_];
            if (flag == '-')
                directive.left = true;
            else if (flag == '0')
                directive.zeros = true;
            else if (flag == '+')
                directive.plus = true;
            else if (flag == ' ')
                directive.space = true;
            else if (flag == '#')
                directive.sharp = true;
            else
                break;
        }
        directive.width = TRY(read_number());
        if (at_ < format_.size() && format_[at_] == '.') {
            ++at_;
            directive.precision = TRY(read_number());
        }
        if (at_ == format_.size()) return Error("the format ends after %");
        directive.verb = format_[at_++];
        return directive;
    }

    Result<std::size_t> read_number() {
        std::size_t number = 0;
        for (; at_ < format_.size() && format_[at_] >= '0' && format_[at_] <= '9'; ++at_) {
            number = number * 10 + static_cast<std::size_t>(format_[at_] - '0');
            if (number > kMaxWidth) return Error(concat("a width over ", kMaxWidth));
        }
        return number;
    }

    std::string_view format_;
    const Values& arguments_;
    std::size_t at_ = 0;
    std::size_t next_ = 1;  // the first is the format
    std::string text_;
};

}  // namespace

Result<Value> print(const Values& arguments) {
    std::string text;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        // Go's rule: a space between two of which neither is a string.
        const bool spaced =
            i > 0 && !json_of(arguments[i - 1]).is_string() && !json_of(arguments[i]).is_string();
        text += (spaced ? " " : "") + go_text(arguments[i]);
        if (text.size() > kMaxOutputBytes) return too_long();
    }
    return make_value(std::move(text));
}

Result<Value> print_line(const Values& arguments) {
    std::string text;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        text += (i > 0 ? " " : "") + go_text(arguments[i]);
        if (text.size() > kMaxOutputBytes) return too_long();
    }
    return make_value(text + "\n");
}

Result<Value> print_formatted(const Values& arguments) {
    if (arguments.empty() || !json_of(arguments[0]).is_string())
        return Error("the first value is the format, a string");
    return make_value(
        TRY(Formatter(json_of(arguments[0]).get_ref<const std::string&>(), arguments).run()));
}

}  // namespace bulkhead::go_template
