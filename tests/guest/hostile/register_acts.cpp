// Registers in every order but the right one.
#include "tests/guest/hostile/act.h"

namespace hostile {

namespace {

void access(Random& random, std::uint64_t address) {
    const std::uint64_t value = random.nasty();
    switch (random.below(8)) {
        case 0:
            static_cast<void>(load<std::uint8_t>(address));
            break;
        case 1:
            static_cast<void>(load<std::uint16_t>(address));
            break;
        case 2:
            static_cast<void>(load<std::uint32_t>(address));
            break;
        case 3:
            static_cast<void>(load<std::uint64_t>(address));
            break;
        case 4:
            store(address, static_cast<std::uint8_t>(value));
            break;
        case 5:
            store(address, static_cast<std::uint16_t>(value));
            break;
        case 6:
            store(address, static_cast<std::uint32_t>(value));
            break;
        default:
            store(address, value);
            break;
    }
}

// Any width at any place of the window; most often 32 bits at a register.
void random_accesses(std::uint64_t seed) {
    Random random(seed);
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        for (unsigned i = 0; i < 400; ++i) {
            const std::uint64_t offset =
                random.below(4) == 0 ? random.below(kWindowBytes) : random.below(0x110) & ~3ULL;
            if (random.below(2) == 0) {
                access(random, device.window() + offset);
            } else {
                device.write(offset & ~3ULL, static_cast<std::uint32_t>(random.nasty()));
            }
        }
        verdicts.add(device, verdict_of_any(device));
    });
    verdicts.print();
}

// A driver that knows the way, but takes a wrong turn now and then: gets further than chance does.
void random_drivers(std::uint64_t seed) {
    Random random(seed);
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        for (unsigned round = 0; round < 12; ++round) {
            device.negotiate(random.below(4) == 0 ? random.nasty()
                                                  : kVersion1 | random.below(16) << 28);
            for (std::uint32_t queue = 0; queue < queue_count(device); ++queue) {
                static_cast<void>(Queue(device, queue));
                if (random.below(4) != 0) continue;
                device.write(kQueueReady, 0);
                device.set_queue(queue, static_cast<std::uint32_t>(random.nasty()),
                                 {random.nasty(), random.nasty(), random.nasty()});
            }
            device.start();
            for (unsigned i = 0; i < 20; ++i) {
                const std::uint64_t entry =
                    (20ULL << 20) + random.below(3) * 0x4000 + random.below(0x3000) / 8 * 8;
                store(entry, random.nasty());
                device.notify(static_cast<std::uint32_t>(random.below(4)));
            }
        }
        verdicts.add(device, verdict_of_any(device));
    });
    verdicts.print();
}

// What the status register reads after each of these writes, from a reset.
bool status_follows(const Device& device, std::initializer_list<std::uint32_t> writes,
                    std::uint32_t expected) {
    device.reset();
    for (const std::uint32_t value : writes) device.write(kStatus, value);
    return device.status() == expected;
}

void status_out_of_order(std::uint64_t /*seed*/) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        const bool held =
            status_follows(device, {kDriverOk}, 0) && status_follows(device, {kDriver}, 0) &&
            status_follows(device, {kAcknowledge | kDriver}, 0) &&
            status_follows(device, {1, 3, 3 | kDriverOk}, 3) &&
            status_follows(device, {1, 3, 3 | kFeaturesOk}, 3) &&  // without VERSION_1
            status_follows(device, {1, 3, 1}, 3) &&                // no bit can be cleared
            status_follows(device, {1, kFailed | 1, kFailed | 3}, kFailed | 1) &&
            status_follows(device, {0xffff'ff00, 0x8000'0000}, 0) &&
            status_follows(device, {kNeedsReset}, 0);
        verdicts.add(device, held ? verdict_of_any(device) : "BROKEN: takes steps out of order");
    });
    verdicts.print();
}

void features_not_offered(std::uint64_t /*seed*/) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        device.negotiate(~std::uint64_t{0});
        const bool all = (device.status() & kFeaturesOk) != 0;
        device.negotiate(kIndirectFeature);
        const bool old = (device.status() & kFeaturesOk) != 0;
        verdicts.add(device, all || old ? "BROKEN: accepts features that it has not"
                                        : verdict_of_any(device));
    });
    verdicts.print();
}

// Registers of queues while the device works: it goes on with what it has.
void queues_after_start(std::uint64_t /*seed*/) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        if (device.type() == kVsock) return;  // its queues are used by turns
        Queue queue = start_device(device, 0);
        device.write(kQueueReady, 0);
        device.set_queue(0, 0xffff, {~0ULL, ~0ULL, ~0ULL});
        device.set_queue(0, 1, {0xd000'0000, 0xd000'0000, 0xd000'0000});
        queue.put(0, {scratch(0), 64, device.type() == kBalloon ? std::uint16_t{0} : kWrite, 0});
        queue.offer(0);
        queue.kick();
        verdicts.add(device,
                     queue.answered() ? "goes on with its queues" : "BROKEN: lost its queues");
    });
    verdicts.print();
}

void reset_storm(std::uint64_t /*seed*/) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        for (unsigned round = 0; round < 50; ++round) {
            Queue queue = start_device(device, served_queues(device).first);
            for (std::uint16_t slot = 0; slot < Queue::kSize; ++slot) {
                queue.put(slot, {scratch(4096ULL * slot), 4096,
                                 slot % 2 == 0 ? std::uint16_t{0} : kWrite, 0});
                queue.offer(slot);
            }
            queue.kick();
            device.reset();
        }
        verdicts.add(device, verdict_of_any(device));
    });
    verdicts.print();
}

void notify_flood(std::uint64_t seed) {
    Random random(seed);
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        static_cast<void>(start_device(device, 0));
        for (unsigned i = 0; i < 3000; ++i) device.notify(i % 4);
        for (unsigned i = 0; i < 200; ++i)
            device.notify(static_cast<std::uint32_t>(random.nasty()));
        for (unsigned i = 0; i < 200; ++i) access(random, device.window() + kQueueNotify + i % 4);
        verdicts.add(device, verdict_of_any(device));
    });
    verdicts.print();
}

void configuration_space(std::uint64_t seed) {
    Random random(seed);
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        static_cast<void>(start_device(device, 0));
        for (std::uint64_t offset = 0; offset < 160; ++offset) {
            for (unsigned i = 0; i < 4; ++i) access(random, device.window() + kConfig + offset);
        }
        // Across the end of the window, where another device begins.
        for (unsigned i = 0; i < 32; ++i)
            access(random, device.window() + kWindowBytes - 7 + i % 7);
        verdicts.add(device, verdict_of_any(device));
    });
    verdicts.print();
}

constexpr Act kActs[] = {
    {"random-register-accesses", random_accesses},
    {"random-drivers", random_drivers},
    {"status-out-of-order", status_out_of_order},
    {"features-not-offered", features_not_offered},
    {"queues-changed-after-start", queues_after_start},
    {"reset-during-requests", reset_storm},
    {"notification-flood", notify_flood},
    {"configuration-space", configuration_space},
};

}  // namespace

std::span<const Act> register_acts() {
    return kActs;
}

}  // namespace hostile
