#include "vmm/snapshot/frame.h"

#include <algorithm>
#include <array>

#include "base/crc32c.h"
#include "base/text.h"
#include "base/wire.h"

namespace bulkhead::snapshot {

namespace {

constexpr std::array<std::byte, 8> kMagic = {std::byte{'B'}, std::byte{'H'}, std::byte{'S'},
                                             std::byte{'N'}, std::byte{'A'}, std::byte{'P'}};

}  // namespace

std::vector<std::byte> add_frame(std::span<const std::byte> payload) {
    ByteWriter writer;
    writer.write(std::span<const std::byte>(kMagic));
    writer.write(kFormatVersion);
    writer.write(crc32c(payload));
    writer.write(std::uint64_t{payload.size()});
    writer.write(payload);
    return std::move(writer).take();
}

Result<std::span<const std::byte>> remove_frame(std::span<const std::byte> file) {
    ByteReader reader(file);
    const auto magic = reader.take(kMagic.size());
    if (!magic || !std::ranges::equal(*magic, kMagic)) return Error("not a saved machine");
    const auto version = reader.read<std::uint32_t>();
    const auto checksum = reader.read<std::uint32_t>();
    const auto length = reader.read<std::uint64_t>();
    if (!version || !checksum || !length) return Error("the file ends in its header");
    if (*version != kFormatVersion) {
        return Error(
            concat("the machine was saved in format ", *version, ", this is ", kFormatVersion));
    }
    if (*length != reader.remaining()) {
        return Error(
            concat("the file has ", reader.remaining(), " bytes behind its header, not ", *length));
    }
    const auto payload = file.last(reader.remaining());
    if (crc32c(payload) != *checksum) return Error("the file is damaged: its checksum is wrong");
    return payload;
}

}  // namespace bulkhead::snapshot
