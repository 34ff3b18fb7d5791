#include "vmm/memory/guest_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "base/text.h"

namespace bulkhead::memory {

namespace {

constexpr std::uint64_t kPageSize = 4096;
constexpr std::uint64_t kHugePageSize = std::uint64_t{2} * 1024 * 1024;

// The guest writes while we copy, so a copy must be one pass over the bytes: with the barrier the
// compiler may neither read the guest's bytes again later in place of the copy, nor move the copy
// over other accesses, nor drop it. What the guest tears, it tears for itself: the copy is
// untrusted.
void copy_once(std::byte* to, const std::byte* from, std::uint64_t size) {
    if (size == 0) return;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::memcpy(to, from, size);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

// SAFETY: `host` points to two bytes of a mapping that lives as long as its GuestMemory, and is
// aligned to two. Every access to such a field from this process is atomic or a copy of bytes that
// is meant to race with the guest.
std::atomic_ref<std::uint16_t> ring_field(std::byte* host) {
    return std::atomic_ref<std::uint16_t>(*reinterpret_cast<std::uint16_t*>(host));
}

void discard_pages(std::byte* host, std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t skip = (kPageSize - offset % kPageSize) % kPageSize;
    if (length < skip) return;
    const std::uint64_t whole = (length - skip) / kPageSize * kPageSize;
    if (whole == 0) return;
    // A failure leaves the pages as they are: the host only gets less back.
    static_cast<void>(::madvise(host + offset + skip, whole, MADV_DONTNEED));
}

Result<void> check_ranges(std::span<const GuestMemory::Range> ranges) {
    std::uint64_t previous_end = 0;
    for (const auto& range : ranges) {
        const std::uint64_t start = raw(range.start);
        const auto end = bulkhead::checked_add(start, range.size);
        if (range.size == 0 || start % kPageSize != 0 || range.size % kPageSize != 0 || !end ||
            start < previous_end) {
            return Error(concat("guest memory range ", hex(start), "+", hex(range.size),
                                " is empty, unaligned or overlapping"));
        }
        previous_end = *end;
    }
    return {};
}

void unmap(std::byte* start, std::uint64_t size) {
    if (size != 0) static_cast<void>(::munmap(start, size));
}

// At a multiple of the size of a huge page, as guest addresses are: then the kernel can map both
// with huge pages, and a boot takes a fault for each 2 MiB in place of one for each 4 KiB.
Result<std::byte*> map_aligned(std::uint64_t size) {
    const auto room = bulkhead::checked_add(size, kHugePageSize);
    if (!room) return Error("more than there are addresses");
    void* mapping = ::mmap(nullptr, *room, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return errno_error(concat("mmap ", bytes_text(size)));
    auto* const start = static_cast<std::byte*>(mapping);
    // SAFETY: only the address's distance to the next multiple is computed from it.
    const std::uint64_t beyond = reinterpret_cast<std::uintptr_t>(start) % kHugePageSize;
    const std::uint64_t skip = beyond == 0 ? 0 : kHugePageSize - beyond;
    unmap(start, skip);
    unmap(start + skip + size, *room - skip - size);
    return start + skip;
}

Result<std::byte*> map_region(std::uint64_t size, HugePages huge) {
    std::byte* const mapping = TRY(map_aligned(size));
    // Where the kernel has none the machine boots more slowly.
    if (huge == HugePages::Wanted) static_cast<void>(::madvise(mapping, size, MADV_HUGEPAGE));
    // A core dump of the VMM must not hold a tenant's memory, and no child needs it.
    static_cast<void>(::madvise(mapping, size, MADV_DONTDUMP));
    static_cast<void>(::madvise(mapping, size, MADV_DONTFORK));
    return mapping;
}

}  // namespace

GuestSlice GuestSlice::part(std::uint64_t offset, std::uint64_t length) const {
    BULKHEAD_CHECK(offset <= size_ && length <= size_ - offset);
    return length == 0 ? GuestSlice() : GuestSlice(host_ + offset, length);
}

iovec GuestSlice::io() const {
    return iovec{.iov_base = host_, .iov_len = size_};
}

void GuestSlice::copy_to(std::span<std::byte> buffer) const {
    BULKHEAD_CHECK(buffer.size() == size_);
    copy_once(buffer.data(), host_, size_);
}

void GuestSlice::copy_from(std::span<const std::byte> bytes) const {
    BULKHEAD_CHECK(bytes.size() == size_);
    copy_once(host_, bytes.data(), size_);
}

void GuestSlice::clear() const {
    if (size_ == 0) return;
    std::memset(host_, 0, size_);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

Result<GuestMemory> GuestMemory::create(std::span<const Range> ranges, HugePages huge) {
    TRY(check_ranges(ranges));
    GuestMemory memory{std::vector<Region>()};
    for (const auto& range : ranges) {
        std::byte* const host = TRY_CONTEXT(map_region(range.size, huge), "mapping guest memory");
        memory.regions_.push_back(Region{.start = range.start, .size = range.size, .host = host});
    }
    return memory;
}

GuestMemory::GuestMemory(GuestMemory&& other) noexcept
    : regions_(std::exchange(other.regions_, {})), file_backed_(std::move(other.file_backed_)) {}

GuestMemory& GuestMemory::operator=(GuestMemory&& other) noexcept {
    // `other` unmaps what was ours.
    std::swap(regions_, other.regions_);
    std::swap(file_backed_, other.file_backed_);
    return *this;
}

GuestMemory::~GuestMemory() {
    for (const auto& region : regions_) {
        static_cast<void>(::munmap(region.host, region.size));
    }
}

std::uint64_t GuestMemory::total_size() const {
    std::uint64_t total = 0;
    for (const auto& region : regions_) total += region.size;
    return total;
}

bool GuestMemory::file_backed(const std::byte* host, std::uint64_t length) const {
    const auto overlaps = [&](std::span<std::byte> mapped) {
        return host < mapped.data() + mapped.size() && mapped.data() < host + length;
    };
    return std::any_of(file_backed_.begin(), file_backed_.end(), overlaps);
}

std::optional<GuestSlice> GuestMemory::slice(GuestAddress start, std::uint64_t length) const {
    for (const auto& region : regions_) {
        if (start < region.start) continue;
        const std::uint64_t offset = raw(start) - raw(region.start);
        if (offset > region.size || length > region.size - offset) continue;
        return GuestSlice(region.host + offset, length);
    }
    return std::nullopt;
}

bool GuestMemory::write_bytes(GuestAddress address, std::span<const std::byte> bytes) const {
    const auto to = slice(address, bytes.size());
    if (!to) return false;
    to->copy_from(bytes);
    return true;
}

std::optional<std::uint16_t> GuestMemory::load_acquire(GuestAddress address) const {
    const auto field = slice(address, sizeof(std::uint16_t));
    if (!field || raw(address) % sizeof(std::uint16_t) != 0) return std::nullopt;
    return ring_field(field->host_).load(std::memory_order_acquire);
}

bool GuestMemory::store_release(GuestAddress address, std::uint16_t value) const {
    const auto field = slice(address, sizeof(std::uint16_t));
    if (!field || raw(address) % sizeof(std::uint16_t) != 0) return false;
    ring_field(field->host_).store(value, std::memory_order_release);
    return true;
}

void GuestMemory::discard(GuestAddress start, std::uint64_t length) const {
    const std::uint64_t end = bulkhead::checked_add(raw(start), length)
                                  .value_or(std::numeric_limits<std::uint64_t>::max());
    for (const auto& region : regions_) {
        const std::uint64_t first = std::max(raw(start), raw(region.start));
        const std::uint64_t last = std::min(end, raw(region.start) + region.size);
        if (first < last) discard_pages(region.host, first - raw(region.start), last - first);
    }
}

void GuestMemory::discard(const GuestSlice& slice) const {
    for (const auto& region : regions_) {
        if (slice.host_ < region.host || slice.host_ >= region.host + region.size) continue;
        discard_pages(region.host, static_cast<std::uint64_t>(slice.host_ - region.host),
                      slice.size_);
    }
}

}  // namespace bulkhead::memory
