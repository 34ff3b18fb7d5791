// Requests that a disk must refuse. The first disk is read-only, the second one is not; both have
// kSectors.
#include "tests/guest/hostile/act.h"

namespace hostile {

namespace {

constexpr std::uint64_t kSectors = 2048;  // as tests/integration/hostile makes them

constexpr std::uint32_t kIn = 0;
constexpr std::uint32_t kOut = 1;
constexpr std::uint32_t kGetId = 8;
constexpr std::uint32_t kDiscard = 11;
constexpr std::uint32_t kWriteZeroes = 13;

constexpr std::uint64_t kFeatures =
    kVersion1 | kIndirectFeature | 1ULL << 9 | 1ULL << 13 | 1ULL << 14;  // flush, discard, zeroes

constexpr std::uint64_t kHeader = kScratch;
constexpr std::uint64_t kStatusByte = kScratch + 0x800;
constexpr std::uint64_t kBytes = kScratch + 0x1000;

Device find_disk(bool read_only) {
    Device found = find_device(kBlock);
    for_each_device([&](const Device& device) {
        if (device.type() != kBlock) return;
        device.write(kDeviceFeaturesSelect, 0);
        if (((device.read(kDeviceFeatures) & 1U << 5) != 0) == read_only) found = device;
    });
    return found;
}

struct Request {
    std::uint32_t type = kIn;
    std::uint64_t sector = 0;
    std::uint32_t bytes = 512;
    bool device_writes = true;
    bool read_only_disk = false;
    std::uint32_t header_bytes = 16;
    bool status_writable = true;
    std::uint32_t status_bytes = 1;
};

const char* status_text(std::uint8_t status) {
    switch (status) {
        case 0:
            return "done";
        case 1:
            return "refused (IOERR)";
        case 2:
            return "refused (UNSUPP)";
        default:
            return "given back without a status";
    }
}

const char* status_of(const Request& request) {
    const Device device = find_disk(request.read_only_disk);
    Queue queue = start_device(device, 0, request.read_only_disk ? kVersion1 : kFeatures);
    store(kHeader, request.type);
    store<std::uint32_t>(kHeader + 4, 0);
    store(kHeader + 8, request.sector);
    store<std::uint8_t>(kStatusByte, 0xff);
    const std::uint16_t direction = request.device_writes ? kWrite : std::uint16_t{0};
    queue.put(0, {kHeader, request.header_bytes, kNext, 1});
    queue.put(1, {kBytes, request.bytes, static_cast<std::uint16_t>(kNext | direction), 2});
    queue.put(2, {kStatusByte, request.status_bytes,
                  request.status_writable ? kWrite : std::uint16_t{0}, 0});
    queue.offer(0);
    queue.kick();
    if (!queue.answered()) return device.wants_reset() ? "needs reset" : "BROKEN: not answered";
    return status_text(load<std::uint8_t>(kStatusByte));
}

template <Request request>
void ask(std::uint64_t /*seed*/) {
    print_outcome(status_of(request));
}

template <std::uint32_t type, std::uint64_t sector, std::uint32_t sectors, std::uint32_t flags = 0,
          std::uint32_t bytes = 16>
void range(std::uint64_t /*seed*/) {
    store(kBytes, sector);
    store(kBytes + 8, sectors);
    store(kBytes + 12, flags);
    print_outcome(status_of({.type = type, .bytes = bytes, .device_writes = false}));
}

// All of the disk by one request, while another one waits behind it, and a reset before either is
// done.
void reset_during_large_reads(std::uint64_t /*seed*/) {
    const Device device = find_disk(true);
    for (unsigned round = 0; round < 20; ++round) {
        Queue queue = start_device(device, 0);
        store<std::uint32_t>(kHeader, kIn);
        store<std::uint64_t>(kHeader + 8, 0);
        for (std::uint16_t slot = 0; slot + 2 < Queue::kSize;
             slot = static_cast<std::uint16_t>(slot + 3)) {
            const auto next = [slot](unsigned by) { return static_cast<std::uint16_t>(slot + by); };
            queue.put(slot, {kHeader, 16, kNext, next(1)});
            queue.put(next(1), {kBytes, kSectors * 512, kNext | kWrite, next(2)});
            queue.put(next(2), {kStatusByte, 1, kWrite, 0});
            queue.offer(slot);
        }
        queue.kick();
    }
    print_outcome(verdict_of_any(device));
}

// Header, data and sector change while the request is on its way.
void changes_on_the_way(std::uint64_t seed) {
    Random random(seed);
    const Device device = find_disk(false);
    for (unsigned round = 0; round < 10; ++round) {
        Queue queue = start_device(device, 0, kFeatures);
        for (unsigned i = 0; i < 16; ++i) {
            store<std::uint32_t>(kHeader, i % 2 == 0 ? kIn : kOut);
            store<std::uint64_t>(kHeader + 8, random.below(kSectors));
            queue.put(0, {kHeader, 16, kNext, 1});
            queue.put(1, {kBytes, 512, i % 2 == 0 ? std::uint16_t{kNext | kWrite} : kNext, 2});
            queue.put(2, {kStatusByte, 1, kWrite, 0});
            queue.offer(0);
            queue.kick();
            for (unsigned change = 0; change < 100; ++change) {
                store(kHeader, static_cast<std::uint32_t>(random.nasty()));
                store(kHeader + 8, random.nasty());
                queue.put(1, {kBytes, static_cast<std::uint32_t>(random.nasty()), 3, 2});
            }
        }
    }
    print_outcome(verdict_of_any(device));
}

constexpr std::uint32_t k4Gib = 0xffff'fe00;

constexpr Act kActs[] = {
    {"read-past-the-end", ask<Request{.sector = kSectors}>},
    {"read-across-the-end", ask<Request{.sector = kSectors - 1, .bytes = 1024}>},
    {"read-at-a-sector-that-wraps", ask<Request{.sector = ~std::uint64_t{0}}>},
    {"read-at-a-byte-that-wraps", ask<Request{.sector = std::uint64_t{1} << 55}>},
    {"read-part-of-a-sector", ask<Request{.bytes = 511}>},
    {"read-into-4-gib", ask<Request{.bytes = k4Gib}>},
    {"write-past-the-end", ask<Request{.type = kOut, .sector = kSectors, .device_writes = false}>},
    {"write-to-a-read-only-disk",
     ask<Request{.type = kOut, .device_writes = false, .read_only_disk = true}>},
    {"discard-on-a-read-only-disk",
     ask<Request{.type = kDiscard, .bytes = 16, .device_writes = false, .read_only_disk = true}>},
    {"unknown-request", ask<Request{.type = 0x1234'5678}>},
    {"short-header", ask<Request{.header_bytes = 15}>},
    {"no-header", ask<Request{.header_bytes = 0}>},
    {"read-only-status", ask<Request{.device_writes = false, .status_writable = false}>},
    {"no-status", ask<Request{.type = kOut, .device_writes = false, .status_bytes = 0}>},
    {"short-serial-number", ask<Request{.type = kGetId, .bytes = 18}>},
    {"discard-past-the-end", range<kDiscard, kSectors, 1>},
    {"discard-across-the-end", range<kDiscard, 1, kSectors>},
    {"discard-that-wraps", range<kDiscard, ~std::uint64_t{0}, 0xffff'ffff>},
    {"discard-of-unknown-kind", range<kDiscard, 0, 8, 0xffff'fffe>},
    {"discard-of-half-a-range", range<kDiscard, 0, 8, 0, 15>},
    {"discard-of-two-ranges", range<kDiscard, 0, 8, 0, 32>},
    {"zeroes-past-the-end", range<kWriteZeroes, kSectors, 1>},
    {"zeroes-across-the-end", range<kWriteZeroes, kSectors - 1, 2>},
    {"zeroes-that-wrap", range<kWriteZeroes, ~std::uint64_t{0} - 7, 8>},
    {"zeroes-of-2-tib", range<kWriteZeroes, 0, 0xffff'ffff, 1>},
    {"reset-during-large-reads", reset_during_large_reads},
    {"requests-that-change-on-the-way", changes_on_the_way},
};

}  // namespace

std::span<const Act> block_acts() {
    return kActs;
}

}  // namespace hostile
