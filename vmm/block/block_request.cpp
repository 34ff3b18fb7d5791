#include "vmm/block/block_request.h"

#include <optional>
#include <utility>

#include "vmm/virtio/spec.h"

namespace bulkhead::block {

namespace {

static_assert(sizeof(virtio_blk_outhdr) == 16);
static_assert(sizeof(virtio_blk_discard_write_zeroes) == 16);

template <class T>
std::optional<T> read_structure(virtio::ChainReader& reader) {
    T value{};
    if (!reader.read(std::as_writable_bytes(std::span(&value, 1)))) return std::nullopt;
    return value;
}

// Whether the sectors lie on the disk; nothing here can wrap.
bool on_disk(const DiskRules& rules, std::uint64_t sector, std::uint64_t count) {
    return sector <= rules.sectors && count <= rules.sectors - sector;
}

using Operation = DiskRequest::Operation;

class Parser {
  public:
    Parser(virtio::Chain chain, const DiskRules& rules) : chain_(std::move(chain)), rules_(rules) {
        request_.head = chain_.head;
    }

    BlockRequest parse() && {
        request_.status = chain_.writable.split_tail(1);
        const auto header = read_structure<virtio_blk_outhdr>(chain_.readable);
        if (!header || request_.status.remaining() == 0) return refuse(VIRTIO_BLK_S_IOERR);
        switch (header->type) {
            case VIRTIO_BLK_T_IN:
                return transfer(Operation::Read, header->sector, chain_.writable);
            case VIRTIO_BLK_T_OUT:
                return transfer(Operation::Write, header->sector, chain_.readable);
            case VIRTIO_BLK_T_FLUSH:
                return submit(Operation::Flush);
            case VIRTIO_BLK_T_GET_ID:
                return identify();
            case VIRTIO_BLK_T_DISCARD:
                return discard();
            case VIRTIO_BLK_T_WRITE_ZEROES:
                return write_zeroes();
            default:
                return refuse(VIRTIO_BLK_S_UNSUPP);
        }
    }

  private:
    BlockRequest refuse(std::uint8_t status) {
        request_.action = BlockRequest::Action::Refuse;
        request_.refusal = status;
        return std::move(request_);
    }

    BlockRequest submit(Operation operation) {
        request_.action = BlockRequest::Action::Submit;
        request_.disk.operation = operation;
        // §5.2.6.2: a driver that cannot flush must find its writes durable.
        request_.disk.durable = (rules_.features & virtio::feature(VIRTIO_BLK_F_FLUSH)) == 0;
        return std::move(request_);
    }

    BlockRequest transfer(Operation operation, std::uint64_t sector, virtio::SliceCursor& data) {
        // §5.2.6.2: a write to a read-only device fails.
        if (operation == Operation::Write && rules_.read_only) return refuse(VIRTIO_BLK_S_IOERR);
        const std::uint64_t length = data.remaining();
        if (length > kMaxTransferBytes) return refuse(VIRTIO_BLK_S_IOERR);
        if (length % kSectorBytes != 0 || !on_disk(rules_, sector, length / kSectorBytes)) {
            return refuse(VIRTIO_BLK_S_IOERR);
        }
        request_.disk.offset = sector * kSectorBytes;
        request_.disk.length = length;
        static_cast<void>(data.take(length, request_.disk.slices));
        // A chain is shorter than 4 GiB.
        if (operation == Operation::Read) request_.data_length = static_cast<std::uint32_t>(length);
        return submit(operation);
    }

    BlockRequest identify() {
        if (chain_.writable.remaining() < VIRTIO_BLK_ID_BYTES) return refuse(VIRTIO_BLK_S_IOERR);
        request_.action = BlockRequest::Action::Identify;
        request_.data = std::move(chain_.writable);
        request_.data_length = VIRTIO_BLK_ID_BYTES;
        return std::move(request_);
    }

    BlockRequest discard() {
        // §5.2.6.2: no flag means anything for a discard.
        return range(Operation::Discard, VIRTIO_BLK_F_DISCARD, kMaxDiscardSectors, 0);
    }

    BlockRequest write_zeroes() {
        return range(Operation::WriteZeroes, VIRTIO_BLK_F_WRITE_ZEROES, kMaxWriteZeroesSectors,
                     VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP);
    }

    BlockRequest range(Operation operation, unsigned int needed_feature, std::uint32_t max_sectors,
                       std::uint32_t known_flags) {
        if (rules_.read_only) return refuse(VIRTIO_BLK_S_IOERR);
        if ((rules_.features & virtio::feature(needed_feature)) == 0) {
            return refuse(VIRTIO_BLK_S_UNSUPP);
        }
        const auto range = read_structure<virtio_blk_discard_write_zeroes>(chain_.readable);
        static_assert(kMaxRanges == 1);
        if (!range || chain_.readable.remaining() != 0) return refuse(VIRTIO_BLK_S_IOERR);
        if ((range->flags & ~known_flags) != 0) return refuse(VIRTIO_BLK_S_UNSUPP);
        if (range->num_sectors > max_sectors ||
            !on_disk(rules_, range->sector, range->num_sectors)) {
            return refuse(VIRTIO_BLK_S_IOERR);
        }
        request_.disk.offset = range->sector * kSectorBytes;
        request_.disk.length = range->num_sectors * kSectorBytes;
        request_.disk.may_unmap = (range->flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP) != 0;
        return submit(operation);
    }

    virtio::Chain chain_;
    const DiskRules& rules_;
    BlockRequest request_;
};

}  // namespace

BlockRequest parse_block_request(virtio::Chain chain, const DiskRules& rules) {
    return Parser(std::move(chain), rules).parse();
}

}  // namespace bulkhead::block
