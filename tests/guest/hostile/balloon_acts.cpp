// A balloon of pages that there are not, and of far too many.
#include "tests/guest/hostile/act.h"

namespace hostile {

namespace {

constexpr std::uint64_t kNumbers = kScratch;  // of pages
constexpr std::uint64_t kActualPages = kConfig + 4;

const char* inflate(std::uint32_t numbers, std::uint32_t bytes_over = 0) {
    const Device device = find_device(kBalloon);
    for (std::uint32_t queue = 0; queue < 3; ++queue) {
        Queue rings = start_device(device, queue);
        rings.put(0, {kNumbers, numbers * 4 + bytes_over, 0, 0});
        for (unsigned i = 0; i < Queue::kSize; ++i) rings.offer(0);
        rings.kick();
        if (!rings.answered()) return "BROKEN: not answered";
    }
    return verdict_of_any(device);
}

void no_pages(std::uint64_t /*seed*/) {
    const std::uint64_t beyond = kRamBytes / 4096;
    const std::uint64_t numbers[] = {beyond,      beyond + 1,  0xd0000,     0xfee00,
                                     0xf'ffff,    0x10'0000,   0x7fff'ffff, 0x8000'0000,
                                     0xffff'fffe, 0xffff'ffff, 0xffff'ffff, beyond};
    std::uint32_t count = 0;
    for (const std::uint64_t page : numbers)
        store(kNumbers + 4 * count++, static_cast<std::uint32_t>(page));
    print_outcome(inflate(count));
}

// The same few pages in an order in which none follows the one before: a call of the kernel for
// each.
void far_too_many(std::uint64_t /*seed*/) {
    constexpr std::uint32_t kMany = 1 << 20;
    for (std::uint32_t i = 0; i < kMany; ++i)
        store(kNumbers + 4ULL * i,
              static_cast<std::uint32_t>(scratch(16ULL << 20) / 4096 + i * 2 % 512));
    print_outcome(inflate(kMany));
}

void part_of_a_number(std::uint64_t /*seed*/) {
    store(kNumbers, std::uint64_t{0});
    print_outcome(inflate(0, 3));
}

void wild_size(std::uint64_t seed) {
    Random random(seed);
    const Device device = find_device(kBalloon);
    static_cast<void>(start_device(device, 0));
    for (unsigned i = 0; i < 300; ++i)
        store(device.window() + kActualPages, static_cast<std::uint32_t>(random.nasty()));
    print_outcome(verdict_of_any(device));
}

// Free memory reported as often as the queue takes it.
void report_everything(std::uint64_t /*seed*/) {
    const Device device = find_device(kBalloon);
    Queue queue = start_device(device, 2, kVersion1 | 1ULL << 5);
    for (std::uint16_t slot = 0; slot < Queue::kSize; ++slot) {
        queue.put(slot, {kScratch, kScratchBytes, std::uint16_t{kNext | kWrite},
                         static_cast<std::uint16_t>(slot + 1)});
    }
    queue.put(Queue::kSize - 1, {kScratch + 1, 4094, kWrite, 0});
    for (unsigned i = 0; i < Queue::kSize; ++i) queue.offer(0);
    queue.kick();
    print_outcome(queue.answered() ? verdict_of_any(device) : "BROKEN: not answered");
}

constexpr Act kActs[] = {
    {"balloon-of-no-pages", no_pages},
    {"balloon-of-far-too-many-pages", far_too_many},
    {"balloon-of-part-of-a-number", part_of_a_number},
    {"balloon-of-any-size", wild_size},
    {"report-of-everything", report_everything},
};

}  // namespace

std::span<const Act> balloon_acts() {
    return kActs;
}

}  // namespace hostile
