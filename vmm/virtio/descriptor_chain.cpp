#include "vmm/virtio/descriptor_chain.h"

#include <limits>
#include <vector>

#include "vmm/virtio/spec.h"

namespace bulkhead::virtio {

namespace {

using memory::GuestAddress;
using memory::GuestSlice;

// Collects the buffers of a chain and the rules that concern the chain as a whole. Methods give the
// rule that was broken, or null.
class ChainBuilder {
  public:
    explicit ChainBuilder(const DescriptorTable& table) : table_(table) {}

    const char* walk_direct(std::uint16_t head) {
        std::uint16_t index = head;
        while (true) {
            if (index >= table_.size) return "descriptor index out of range";
            const auto at = memory::checked_add(table_.start, sizeof(Descriptor) * index);
            const auto descriptor =
                at ? table_.memory.read<Descriptor>(*at) : std::optional<Descriptor>();
            if (!descriptor) return "descriptor table outside RAM";
            if ((descriptor->flags & kDescriptorIndirect) != 0) return walk_indirect(*descriptor);
            if (const char* reason = add(*descriptor)) return reason;
            if ((descriptor->flags & kDescriptorNext) == 0) return nullptr;
            index = descriptor->next;
        }
    }

    Chain take(std::uint16_t head) {
        return Chain{.head = head,
                     .readable = ChainReader(std::move(readable_)),
                     .writable = ChainWriter(std::move(writable_))};
    }

  private:
    // §2.7.5.3.2: an indirect descriptor ends the chain; the table replaces it. Its own write flag
    // is ignored.
    const char* walk_indirect(const Descriptor& descriptor) {
        if (!table_.indirect) return "indirect descriptor was not negotiated";
        if ((descriptor.flags & kDescriptorNext) != 0) return "indirect descriptor has a next";
        const std::uint32_t entries = descriptor.length / sizeof(Descriptor);
        if (descriptor.length % sizeof(Descriptor) != 0 || entries == 0 || entries > table_.size) {
            return "indirect table has a bad size";
        }
        const auto slice = table_.memory.slice(GuestAddress{descriptor.address}, descriptor.length);
        if (!slice) return "indirect table outside RAM";
        std::vector<Descriptor> copy(entries);
        slice->copy_to(std::as_writable_bytes(std::span(copy)));
        std::uint16_t index = 0;
        while (true) {
            if (index >= entries) return "indirect descriptor index out of range";
            const Descriptor& entry = copy[index];
            if ((entry.flags & kDescriptorIndirect) != 0) return "nested indirect descriptor";
            if (const char* reason = add(entry)) return reason;
            if ((entry.flags & kDescriptorNext) == 0) return nullptr;
            index = entry.next;
        }
    }

    const char* add(const Descriptor& descriptor) {
        // A chain that visits more descriptors than there are goes in circles.
        if (++length_ > table_.size) return "chain longer than the queue";
        const bool writable = (descriptor.flags & kDescriptorWrite) != 0;
        if (!writable && seen_writable_) return "readable descriptor after a writable one";
        seen_writable_ = writable;
        bytes_ += descriptor.length;
        if (bytes_ > std::numeric_limits<std::uint32_t>::max()) return "chain longer than 4 GiB";
        if (descriptor.length == 0) return nullptr;
        const auto slice = table_.memory.slice(GuestAddress{descriptor.address}, descriptor.length);
        if (!slice) return "buffer outside RAM";
        (writable ? writable_ : readable_).push_back(*slice);
        return nullptr;
    }

    const DescriptorTable& table_;
    std::vector<GuestSlice> readable_;
    std::vector<GuestSlice> writable_;
    std::uint32_t length_ = 0;
    std::uint64_t bytes_ = 0;
    bool seen_writable_ = false;
};

}  // namespace

ChainResult read_chain(const DescriptorTable& table, std::uint16_t head) {
    ChainBuilder builder(table);
    if (const char* reason = builder.walk_direct(head)) return {.chain = {}, .reason = reason};
    return {.chain = builder.take(head)};
}

}  // namespace bulkhead::virtio
