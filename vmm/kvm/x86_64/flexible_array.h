// FlexibleArray: those of KVM's structures that are a 32-bit count, 32 unused bits, and entries:
// kvm_cpuid2 and kvm_msrs.
//
// The kernel's own declarations are of no use here: from Linux 6.1 on they hold an empty struct,
// which has a size in C++, so that sizeof and every request number made from it are wrong.
#pragma once

#include <linux/kvm.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "vmm/kvm/ioctl.h"

namespace bulkhead::kvm {

// A request whose argument is one of these: as _IOW() and _IOWR(), with the C size.
[[nodiscard]] constexpr Request flexible_request(unsigned direction, unsigned number,
                                                 const char* name) {
    constexpr unsigned kHeaderBytes = 8;
    return {_IOC(direction, KVMIO, number, kHeaderBytes), name};
}

template <class Entry>
class FlexibleArray {
  public:
    explicit FlexibleArray(std::size_t capacity)
        : bytes_(sizeof(Header) + capacity * sizeof(Entry)) {
        set_count(capacity);
    }

    explicit FlexibleArray(std::span<const Entry> entries) : FlexibleArray(entries.size()) {
        std::memcpy(bytes_.data() + sizeof(Header), entries.data(), entries.size_bytes());
    }

    // What the request gets; valid while this lives.
    [[nodiscard]] void* argument() { return bytes_.data(); }

    // As many entries as the kernel counted.
    [[nodiscard]] std::vector<Entry> entries() const {
        Header header;
        std::memcpy(&header, bytes_.data(), sizeof(header));
        std::vector<Entry> entries(header.count);
        std::memcpy(entries.data(), bytes_.data() + sizeof(Header), header.count * sizeof(Entry));
        return entries;
    }

  private:
    struct Header {
        std::uint32_t count = 0;
        std::uint32_t padding = 0;
    };

    static_assert(sizeof(Header) == 8 && alignof(Entry) <= 8);

    void set_count(std::size_t count) {
        const Header header{static_cast<std::uint32_t>(count)};
        std::memcpy(bytes_.data(), &header, sizeof(header));
    }

    std::vector<std::byte> bytes_;  // from operator new, so aligned for any entry
};

}  // namespace bulkhead::kvm
