#include "archive/tar_header.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace bulkhead::archive {

namespace {

// Where the fields are.
struct Field {
    std::size_t offset;
    std::size_t size;
};

constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kUid{108, 8};
constexpr Field kGid{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kMtime{136, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kType{156, 1};
constexpr Field kLink{157, 100};
constexpr Field kMagic{257, 8};
constexpr Field kMajor{329, 8};
constexpr Field kMinor{337, 8};
constexpr Field kPrefix{345, 155};

constexpr std::string_view kUstar{"ustar\00000", 8};
constexpr std::string_view kUstarStart = "ustar";

using Block = std::span<const std::byte, kTarBlock>;

std::span<const std::byte> bytes_of(Block block, Field field) {
    return std::span<const std::byte>(block).subspan(field.offset, field.size);
}

// Up to the first NUL, if there is one.
std::string text_of(Block block, Field field) {
    std::string text;
    for (const std::byte each : bytes_of(block, field)) {
        if (each == std::byte{0}) break;
        text.push_back(static_cast<char>(each));
    }
    return text;
}

// Octal digits, with spaces before and a space or NUL behind; or base 256, marked by the first bit.
std::optional<std::int64_t> number_of(Block block, Field field) {
    const auto bytes = bytes_of(block, field);
    std::size_t at = 0;
    if ((bytes[0] & std::byte{0x80}) != std::byte{0}) {
        const bool negative = bytes[0] == std::byte{0xff};
        if (!negative && bytes[0] != std::byte{0x80}) return std::nullopt;
        std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
        for (const std::byte each : bytes.subspan(1)) {
            if ((value >> 55U) != (negative ? 0x1ffU : 0U)) return std::nullopt;
            value = value << 8U | static_cast<std::uint64_t>(each);
        }
        return static_cast<std::int64_t>(value);
    }
    while (at < bytes.size() && bytes[at] == std::byte{' '}) ++at;
    std::int64_t value = 0;
    for (; at < bytes.size(); ++at) {
        const char digit = static_cast<char>(bytes[at]);
        if (digit == ' ' || digit == '\0') break;
        if (digit < '0' || digit > '7') return std::nullopt;
        value = value * 8 + (digit - '0');  // at most 12 digits: 36 bits
    }
    return value;
}

std::optional<std::uint64_t> natural_of(Block block, Field field) {
    const auto value = number_of(block, field);
    if (!value || *value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

// Old archives have the sum of signed bytes.
bool checksum_fits(Block block) {
    std::int64_t plain = 0;
    std::int64_t with_signs = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
        const auto value = own ? std::uint8_t{' '} : static_cast<std::uint8_t>(block[i]);
        plain += value;
        with_signs += static_cast<std::int8_t>(value);
    }
    const auto said = number_of(block, kChecksum);
    return said && (*said == plain || *said == with_signs);
}

void put_text(std::span<std::byte> block, Field field, std::string_view text) {
    std::memcpy(block.data() + field.offset, text.data(), std::min(text.size(), field.size));
}

void put_number(std::span<std::byte> block, Field field, std::uint64_t value) {
    for (std::size_t i = field.size - 1; i-- > 0;) {
        block[field.offset + i] = static_cast<std::byte>('0' + (value & 7U));
        value >>= 3U;
    }
}

constexpr std::uint64_t kMaxSevenDigits = (std::uint64_t{1} << 21U) - 1;
constexpr std::uint64_t kMaxElevenDigits = (std::uint64_t{1} << 33U) - 1;

}  // namespace

bool fits_name(const std::string& text) {
    return text.size() <= kName.size;
}

bool fits_id(std::uint64_t number) {
    return number <= kMaxSevenDigits;
}

bool fits_size(std::uint64_t number) {
    return number <= kMaxElevenDigits;
}

std::array<std::byte, kTarBlock> format_header(const TarHeader& header) {
    std::array<std::byte, kTarBlock> block{};
    put_text(block, kName, header.name);
    put_number(block, kMode, header.mode);
    put_number(block, kUid, fits_id(header.uid) ? header.uid : 0);
    put_number(block, kGid, fits_id(header.gid) ? header.gid : 0);
    put_number(block, kSize, fits_size(header.size) ? header.size : 0);
    const auto mtime = static_cast<std::uint64_t>(std::max<std::int64_t>(header.mtime, 0));
    put_number(block, kMtime, fits_size(mtime) ? mtime : 0);
    block[kType.offset] = static_cast<std::byte>(header.type);
    put_text(block, kLink, header.link);
    put_text(block, kMagic, kUstar);
    put_number(block, kMajor, header.device_major);
    put_number(block, kMinor, header.device_minor);
    put_text(block, kChecksum, "        ");
    std::uint64_t sum = 0;
    for (const std::byte each : block) sum += static_cast<std::uint64_t>(each);
    // Six digits, a NUL and a space.
    put_number(block, {kChecksum.offset, 7}, sum);
    block[kChecksum.offset + 6] = std::byte{0};
    return block;
}

Result<std::optional<TarHeader>> parse_header(Block block) {
    const bool zero =
        std::all_of(block.begin(), block.end(), [](std::byte each) { return each == std::byte{}; });
    if (zero) return std::optional<TarHeader>();
    if (!checksum_fits(block)) return Error("not a tar archive: a header's checksum is wrong");
    const auto mode = natural_of(block, kMode);
    const auto uid = natural_of(block, kUid);
    const auto gid = natural_of(block, kGid);
    const auto size = natural_of(block, kSize);
    const auto mtime = number_of(block, kMtime);
    if (!mode || !uid || !gid || !size || !mtime)
        return Error("not a tar archive: a header's number is malformed");
    TarHeader header;
    header.name = text_of(block, kName);
    header.link = text_of(block, kLink);
    header.type = static_cast<char>(block[kType.offset]);
    header.mode = static_cast<std::uint32_t>(*mode & 07777U);
    header.uid = *uid;
    header.gid = *gid;
    header.size = *size;
    header.mtime = *mtime;
    // GNU's own variant has other things where the prefix is.
    if (text_of(block, kMagic) == kUstarStart) {
        const std::string prefix = text_of(block, kPrefix);
        if (!prefix.empty()) header.name = prefix + "/" + header.name;
    }
    const bool device = header.type == '3' || header.type == '4';
    const auto major = device ? natural_of(block, kMajor) : 0;
    const auto minor = device ? natural_of(block, kMinor) : 0;
    if (!major || !minor) return Error("not a tar archive: a device's number is malformed");
    header.device_major = *major;
    header.device_minor = *minor;
    return std::optional<TarHeader>(std::move(header));
}

}  // namespace bulkhead::archive
