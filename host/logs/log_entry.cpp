#include "host/logs/log_entry.h"

#include <array>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/utf8.h"
#include "base/word_scan.h"
#include "host/logs/log_time.h"

namespace bulkhead::logs {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// In JSON.
constexpr std::string_view kNewline = "\\n";

void append_escaped(std::string& out, unsigned char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '\\';
    switch (c) {
        case '"':
        case '\\':
            out += static_cast<char>(c);
            return;
        case '\n':
            out += 'n';
            return;
        case '\r':
            out += 'r';
            return;
        case '\t':
            out += 't';
            return;
        default:
            out += "u00";
            out += kHex[c >> 4U];
            out += kHex[c & 15U];
    }
}

std::size_t plain_prefix(std::string_view text) {
    const auto any_to_escape = [](std::uint64_t word) {
        return word::any_below(word, 0x20) || word::any_equal(word, '"') ||
               word::any_equal(word, '\\');
    };
    return word::prefix_before(text, any_to_escape, [](std::uint8_t byte) {
        return byte < 0x20 || byte == '"' || byte == '\\';
    });
}

// Runs of bytes that need no escape are copied whole: this sees all output there is.
void append_json(std::string& out, std::string_view text) {
    while (true) {
        const std::size_t plain = plain_prefix(text);
        out.append(text, 0, plain);
        if (plain == text.size()) return;
        append_escaped(out, static_cast<unsigned char>(text[plain]));
        text.remove_prefix(plain + 1);
    }
}

void append_base64(std::string& out, std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group <<= 8U;
            if (k < count) group |= static_cast<unsigned char>(bytes[i + k]);
        }
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= count ? kDigits[(group >> (18U - 6U * k)) & 63U] : '=';
    }
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t group = 0;
        std::size_t padding = 0;
        for (const char c : text.substr(i, 4)) {
            const auto digit = kDigits.find(c);
            const bool last = i + 4 == text.size();
            if (c == '=' && last) {
                ++padding;
            } else if (digit == std::string_view::npos || padding > 0) {
                return std::nullopt;
            }
            group = group << 6U | (c == '=' ? 0U : static_cast<std::uint32_t>(digit));
        }
        if (padding > 2) return std::nullopt;
        for (std::size_t k = 0; k < 3 - padding; ++k)
            bytes += static_cast<char>(group >> (16U - 8U * k) & 0xFFU);
    }
    return bytes;
}

std::optional<std::string> string_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

}  // namespace

std::string entry_end(Stream stream, std::string_view time) {
    const std::string_view name = stream == Stream::Output ? "stdout" : "stderr";
    return concat(kNewline, "\",\"stream\":\"", name, "\",\"time\":\"", time, "\"}\n");
}

void append_entry(std::string& out, std::string_view text, std::string_view end) {
    constexpr std::string_view kText = "{\"log\":\"";
    constexpr std::string_view kBytes = "{\"log64\":\"";
    if (!is_utf8(text)) {
        out += kBytes;
        append_base64(out, text);
        out += end.substr(kNewline.size());
        return;
    }
    const bool ends = text.ends_with('\n');
    if (ends) text.remove_suffix(1);
    out += kText;
    append_json(out, text);
    out += ends ? end : end.substr(kNewline.size());
}

std::optional<Entry> parse_entry(std::string_view line) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return std::nullopt;
    const auto stream = string_at(json, "stream");
    const auto time = string_at(json, "time");
    auto text = string_at(json, "log");
    if (!text) {
        const auto encoded = string_at(json, "log64");
        if (!encoded) return std::nullopt;
        text = decode_base64(*encoded);
    }
    if (!text || !stream || !time) return std::nullopt;
    if (*stream != "stdout" && *stream != "stderr") return std::nullopt;
    const auto at = parse_time(*time);
    if (!at) return std::nullopt;
    return Entry{*stream == "stdout" ? Stream::Output : Stream::Error, *std::move(text), *at};
}

}  // namespace bulkhead::logs
