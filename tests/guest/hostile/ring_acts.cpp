// Rings where none may be, of sizes that none may have, and indices that lie.
#include "tests/guest/hostile/act.h"

namespace hostile {

namespace {

constexpr std::uint64_t kGood = 20ULL << 20;
constexpr Rings kGoodRings{kGood, kGood + 0x1000, kGood + 0x2000};

// Each device with all its queues like this: it must say that it cannot work so.
void start_with(std::uint32_t size, const Rings& rings, std::uint32_t ready = 1) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        device.negotiate(kVersion1);
        for (std::uint32_t queue = 0; queue < queue_count(device); ++queue)
            device.set_queue(queue, size, rings, ready);
        device.start();
        device.notify(0);
        verdicts.add(device, verdict_of_broken(device));
    });
    verdicts.print();
}

// Each of the three rings at this address, one at a time.
void misplace(std::uint64_t address) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        for (unsigned ring = 0; ring < 3; ++ring) {
            device.negotiate(kVersion1);
            Rings rings = kGoodRings;
            (ring == 0 ? rings.table : ring == 1 ? rings.available : rings.used) = address;
            for (std::uint32_t queue = 0; queue < queue_count(device); ++queue)
                device.set_queue(queue, 64, rings);
            device.start();
            device.notify(0);
            verdicts.add(device, verdict_of_broken(device));
        }
    });
    verdicts.print();
}

// All three rings in one place, with noise in it.
void overlap(std::uint64_t seed) {
    Random random(seed);
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        for (unsigned round = 0; round < 8; ++round) {
            device.negotiate(kVersion1 | kIndirectFeature);
            for (std::uint64_t at = 0; at < 0x1000; at += 8) store(kGood + at, random.nasty());
            store<std::uint16_t>(kGood + 2, static_cast<std::uint16_t>(random.below(65)));
            for (std::uint32_t queue = 0; queue < queue_count(device); ++queue)
                device.set_queue(queue, 64, {kGood, kGood, kGood});
            device.start();
            device.notify(0);
            device.notify(1);
            linger(200);
        }
        verdicts.add(device, verdict_of_any(device));
    });
    verdicts.print();
}

// The used ring over the guest's own descriptors: what comes back changes what comes next.
void used_over_descriptors(std::uint64_t /*seed*/) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        device.negotiate(kVersion1);
        for (std::uint64_t at = 0; at < 0x2000; at += 8) store<std::uint64_t>(kGood + at, 0);
        for (std::uint64_t slot = 0; slot < 64; ++slot) {
            store<std::uint64_t>(kGood + 16 * slot, scratch(4096 * slot));
            store<std::uint32_t>(kGood + 16 * slot + 8, 64);
            store<std::uint16_t>(kGood + 16 * slot + 12, kWrite);
            store<std::uint16_t>(kGood + 0x1000 + 4 + 2 * slot, static_cast<std::uint16_t>(slot));
        }
        store<std::uint16_t>(kGood + 0x1000 + 2, 64);
        for (std::uint32_t queue = 0; queue < queue_count(device); ++queue)
            device.set_queue(queue, 64, {kGood, kGood + 0x1000, kGood});
        device.start();
        linger(200);
        verdicts.add(device, verdict_of_any(device));
    });
    verdicts.print();
}

void jump(std::uint16_t index) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        const ServedQueues served = served_queues(device);
        for (std::uint32_t number = served.first; number < served.first + served.count; ++number) {
            Queue queue = start_device(device, number);
            queue.set_available(index);
            queue.kick();
            verdicts.add(device, verdict_of_broken(device));
        }
    });
    verdicts.print();
}

// The same descriptor as often as the ring is long, again and again, while it changes.
void same_descriptor(std::uint64_t seed) {
    Random random(seed);
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        const ServedQueues served = served_queues(device);
        Queue queue = start_device(device, served.first);
        for (unsigned round = 0; round < 8; ++round) {
            queue.put(0, {scratch(0), 64, kWrite, 0});
            for (unsigned i = 0; i < Queue::kSize; ++i) queue.offer(0);
            queue.kick();
            for (unsigned i = 0; i < 200; ++i) {
                queue.put(0, {random.nasty(), static_cast<std::uint32_t>(random.nasty()),
                              static_cast<std::uint16_t>(random.below(8)),
                              static_cast<std::uint16_t>(random.below(64))});
            }
        }
        verdicts.add(device, verdict_of_any(device));
    });
    verdicts.print();
}

constexpr Act kActs[] = {
    {"no-queues", [](std::uint64_t) { start_with(64, kGoodRings, 0); }},
    {"rings-in-device-windows", [](std::uint64_t) { misplace(0xd000'0000); }},
    {"rings-in-interrupt-controller", [](std::uint64_t) { misplace(0xfee0'0000); }},
    {"rings-in-the-gap", [](std::uint64_t) { misplace(0xc000'0000); }},
    {"rings-past-memory", [](std::uint64_t) { misplace(kRamBytes); }},
    {"rings-across-the-end-of-memory", [](std::uint64_t) { misplace(kRamBytes - 64); }},
    {"rings-that-wrap", [](std::uint64_t) { misplace(0xffff'ffff'ffff'fff0); }},
    {"rings-unaligned", [](std::uint64_t) { misplace(kGood + 1); }},
    {"rings-of-no-size", [](std::uint64_t) { start_with(0, kGoodRings); }},
    {"rings-of-an-odd-size", [](std::uint64_t) { start_with(48, kGoodRings); }},
    {"rings-too-large", [](std::uint64_t) { start_with(32768, kGoodRings); }},
    {"rings-of-65536", [](std::uint64_t) { start_with(65536, kGoodRings); }},
    {"rings-in-one-place", overlap},
    {"used-ring-over-descriptors", used_over_descriptors},
    {"available-index-far-ahead", [](std::uint64_t) { jump(0x8000); }},
    {"available-index-one-too-far", [](std::uint64_t) { jump(Queue::kSize + 1); }},
    {"available-index-backwards", [](std::uint64_t) { jump(0xffff); }},
    {"same-descriptor-while-it-changes", same_descriptor},
};

}  // namespace

std::span<const Act> ring_acts() {
    return kActs;
}

}  // namespace hostile
