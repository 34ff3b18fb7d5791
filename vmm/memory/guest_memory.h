// GuestMemory: the guest's RAM as seen by the VMM. Everything in it belongs to a hostile guest and
// may change at any moment, so values are copied out once and parsed from the copy. This folder is
// the only place that touches the mapping.
//
// Thread: any. Accesses race with the guest by nature; each one is bounded by the regions.
// Errors: a guest address that is not RAM gives nothing or false, never an abort.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "vmm/memory/guest_address.h"

namespace bulkhead::memory {

// A run of guest RAM inside one region. Only for bulk transfer (iovecs) and copies; parsing works
// on copies. Valid while its GuestMemory lives.
class GuestSlice {
  public:
    GuestSlice() = default;

    [[nodiscard]] std::uint64_t size() const { return size_; }

    // The part from `offset`, `length` bytes; both must be in bounds (a bug of ours otherwise).
    [[nodiscard]] GuestSlice part(std::uint64_t offset, std::uint64_t length) const;

    // For preadv, pwritev, readv and writev.
    [[nodiscard]] iovec io() const;

    // Copies; the buffer must have exactly size() bytes (a bug of ours otherwise).
    void copy_to(std::span<std::byte> buffer) const;
    void copy_from(std::span<const std::byte> bytes) const;

    // Fills it with zeros.
    void clear() const;

  private:
    friend class GuestMemory;

    GuestSlice(std::byte* host, std::uint64_t size) : host_(host), size_(size) {}

    std::byte* host_ = nullptr;
    std::uint64_t size_ = 0;
};

// What the host is asked for. A boot touches much of its memory; a clone of a template little, and
// of what it does not touch it should take none.
enum class HugePages : std::uint8_t { AsUsual, Wanted };

class GuestMemory {
  public:
    struct Region {
        GuestAddress start;
        std::uint64_t size = 0;
        std::byte* host = nullptr;  // for KVM_SET_USER_MEMORY_REGION only
    };

    struct Range {
        GuestAddress start;
        std::uint64_t size = 0;
    };

    // Maps private anonymous memory for each range (sorted, page-aligned, not overlapping). Not
    // touched, so it costs nothing until the guest uses it.
    static Result<GuestMemory> create(std::span<const Range> ranges,
                                      HugePages huge = HugePages::AsUsual);

    GuestMemory(GuestMemory&&) noexcept;
    GuestMemory& operator=(GuestMemory&&) noexcept;
    GuestMemory(const GuestMemory&) = delete;
    GuestMemory& operator=(const GuestMemory&) = delete;
    ~GuestMemory();

    [[nodiscard]] std::span<const Region> regions() const { return regions_; }

    [[nodiscard]] std::uint64_t total_size() const;

    // Whether some of these bytes of a region are a private mapping of a file, as map_memory()
    // makes it.
    [[nodiscard]] bool file_backed(const std::byte* host, std::uint64_t length) const;

    void add_file_backed(std::span<std::byte> mapped) { file_backed_.push_back(mapped); }

    // The bytes from `start`; nothing unless they all lie in one region.
    [[nodiscard]] std::optional<GuestSlice> slice(GuestAddress start, std::uint64_t length) const;

    // A copy of a structure. T has no padding that matters and no pointers.
    template <class T>
    [[nodiscard]] std::optional<T> read(GuestAddress address) const {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto from = slice(address, sizeof(T));
        if (!from) return std::nullopt;
        T value{};
        from->copy_to(std::as_writable_bytes(std::span(&value, 1)));
        return value;
    }

    template <class T>
    [[nodiscard]] bool write(GuestAddress address, const T& value) const {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto to = slice(address, sizeof(T));
        if (!to) return false;
        to->copy_from(std::as_bytes(std::span(&value, 1)));
        return true;
    }

    [[nodiscard]] bool write_bytes(GuestAddress address, std::span<const std::byte> bytes) const;

    // One 16-bit ring field, aligned: acquire load and release store, so that what the other side
    // wrote before publishing an index is seen after it. virtio 1.2 §2.7.13.
    [[nodiscard]] std::optional<std::uint16_t> load_acquire(GuestAddress address) const;
    [[nodiscard]] bool store_release(GuestAddress address, std::uint16_t value) const;

    // Gives the host's pages that lie wholly in the range back; afterwards they read as zeros or,
    // where a file is mapped, as the file has them. The part of the range outside RAM is ignored.
    // For the balloon.
    void discard(GuestAddress start, std::uint64_t length) const;
    void discard(const GuestSlice& slice) const;

  private:
    explicit GuestMemory(std::vector<Region> regions) : regions_(std::move(regions)) {}

    std::vector<Region> regions_;
    std::vector<std::span<std::byte>> file_backed_;
};

}  // namespace bulkhead::memory
