// Descriptor chains that break a rule, on every queue of every device that reads by itself.
#include "tests/guest/hostile/act.h"

namespace hostile {

namespace {

constexpr std::uint64_t kTable = kScratch + (4ULL << 20);  // an indirect table

void put_indirect(std::uint64_t index, const Descriptor& descriptor) {
    const std::uint64_t entry = kTable + 16 * index;
    store(entry, descriptor.address);
    store(entry + 8, descriptor.length);
    store(entry + 12, descriptor.flags);
    store(entry + 14, descriptor.next);
}

// `make` fills descriptors in and gives the chain's head.
using Make = std::uint16_t (*)(const Queue&);

using Verdict = const char* (*)(const Device&, const Queue&);

void each_queue(Make make, Verdict verdict, std::uint64_t features) {
    Verdicts verdicts;
    for_each_device([&](const Device& device) {
        const ServedQueues served = served_queues(device);
        for (std::uint32_t number = served.first; number < served.first + served.count; ++number) {
            Queue queue = start_device(device, number, features);
            queue.offer(make(queue));
            queue.kick();
            verdicts.add(device, verdict(device, queue));
        }
    });
    verdicts.print();
}

void broken(Make make, std::uint64_t features = kVersion1 | kIndirectFeature) {
    const auto verdict = [](const Device& device, const Queue& /*queue*/) {
        return verdict_of_broken(device);
    };
    each_queue(make, verdict, features);
}

// A chain of one buffer.
template <std::uint64_t address, std::uint32_t length>
void buffer(std::uint64_t /*seed*/) {
    broken([](const Queue& queue) {
        queue.put(0, {address, length, 0, 0});
        return std::uint16_t{0};
    });
}

// One descriptor that stands for an indirect table.
template <std::uint64_t address, std::uint32_t length, std::uint16_t flags>
void table(std::uint64_t /*seed*/) {
    broken([](const Queue& queue) {
        queue.put(0, {address, length, static_cast<std::uint16_t>(kIndirect | flags), 1});
        queue.put(1, {scratch(0), 16, 0, 0});
        for (std::uint64_t i = 0; i < 128; ++i) put_indirect(i, {scratch(0), 16, 0, 0});
        return std::uint16_t{0};
    });
}

std::uint16_t circle_of_one(const Queue& queue) {
    queue.put(0, {scratch(0), 16, kNext, 0});
    return 0;
}

std::uint16_t circle_of_three(const Queue& queue) {
    for (std::uint16_t i = 0; i < 3; ++i)
        queue.put(i, {scratch(0), 16, kNext, static_cast<std::uint16_t>((i + 1) % 3)});
    return 0;
}

std::uint16_t next_out_of_range(const Queue& queue) {
    queue.put(0, {scratch(0), 16, kNext, 0xffff});
    return 0;
}

std::uint16_t head_out_of_range(const Queue& /*queue*/) {
    return Queue::kSize;
}

// More than 4 GiB, of a memory of 48 MiB.
std::uint16_t too_many_bytes(const Queue& queue) {
    queue.put(0, {kTable, 16 * Queue::kSize, kIndirect, 0});
    for (std::uint16_t i = 0; i < Queue::kSize; ++i)
        put_indirect(i, {0, static_cast<std::uint32_t>(kRamBytes), kNext,
                         static_cast<std::uint16_t>(i + 1)});
    return 0;
}

// Each within bounds, together longer than the queue.
std::uint16_t too_many_descriptors(const Queue& queue) {
    for (std::uint16_t i = 0; i < 63; ++i)
        queue.put(i, {scratch(0), 16, kNext, static_cast<std::uint16_t>(i + 1)});
    queue.put(63, {kTable, 16 * Queue::kSize, kIndirect, 0});
    for (std::uint16_t i = 0; i < Queue::kSize; ++i)
        put_indirect(i, {scratch(0), 16, i + 1 < Queue::kSize ? kNext : std::uint16_t{0},
                         static_cast<std::uint16_t>(i + 1)});
    return 0;
}

std::uint16_t readable_after_writable(const Queue& queue) {
    queue.put(0, {scratch(0), 16, kNext | kWrite, 1});
    queue.put(1, {scratch(64), 16, 0, 0});
    return 0;
}

std::uint16_t table_in_table(const Queue& queue) {
    queue.put(0, {kTable, 32, kIndirect, 0});
    put_indirect(0, {kTable + 16, 16, kIndirect, 0});
    put_indirect(1, {scratch(0), 16, 0, 0});
    return 0;
}

std::uint16_t circle_in_table(const Queue& queue) {
    queue.put(0, {kTable, 32, kIndirect, 0});
    put_indirect(0, {scratch(0), 16, kNext, 1});
    put_indirect(1, {scratch(0), 16, kNext, 0});
    return 0;
}

std::uint16_t next_out_of_table(const Queue& queue) {
    queue.put(0, {kTable, 32, kIndirect, 0});
    put_indirect(0, {scratch(0), 16, kNext, 2});
    put_indirect(2, {scratch(0), 16, 0, 0});
    return 0;
}

std::uint16_t plain_table(const Queue& queue) {
    queue.put(0, {kTable, 16, kIndirect, 0});
    put_indirect(0, {scratch(0), 16, 0, 0});
    return 0;
}

// No rule says that a buffer must not be empty, wherever it is.
std::uint16_t empty_buffers(const Queue& queue) {
    queue.put(0, {0xffff'ffff'ffff'ffff, 0, kNext, 1});
    queue.put(1, {0xd000'0000, 0, kNext | kWrite, 2});
    queue.put(2, {0, 0, kWrite, 0});
    return 0;
}

const char* verdict_of_answered(const Device& device, const Queue& queue) {
    if (!queue.answered()) return "BROKEN: not answered";
    return works_after_reset(device) ? "answered" : "BROKEN: does not work after a reset";
}

std::uint16_t only_writable(const Queue& queue) {
    queue.put(0, {scratch(0), 16, kNext | kWrite, 1});
    queue.put(1, {scratch(64), 512, kNext | kWrite, 2});
    queue.put(2, {scratch(1024), 1, kWrite, 0});
    return 0;
}

std::uint16_t only_readable(const Queue& queue) {
    queue.put(0, {scratch(0), 16, kNext, 1});
    queue.put(1, {scratch(64), 512, kNext, 2});
    queue.put(2, {scratch(1024), 1, 0, 0});
    return 0;
}

std::uint16_t unknown_flags(const Queue& queue) {
    queue.put(0, {scratch(0), 16, 0xfff8, 7});
    return 0;
}

template <Make make>
void breaks(std::uint64_t /*seed*/) {
    broken(make);
}

template <Make make>
void answered(std::uint64_t /*seed*/) {
    each_queue(make, verdict_of_answered, kVersion1 | kIndirectFeature);
}

constexpr Act kActs[] = {
    {"buffer-past-memory", buffer<kRamBytes, 16>},
    {"buffer-across-the-end-of-memory", buffer<kRamBytes - 8, 16>},
    {"buffer-far-past-memory", buffer<1ULL << 40, 16>},
    {"buffer-that-wraps", buffer<0xffff'ffff'ffff'fff8, 16>},
    {"buffer-in-device-window", buffer<0xd000'0000, 16>},
    {"buffer-in-interrupt-controller", buffer<0xfee0'0000, 16>},
    {"buffer-of-4-gib", buffer<0, 0xffff'ffff>},
    {"chain-into-itself", breaks<circle_of_one>},
    {"chain-in-a-circle", breaks<circle_of_three>},
    {"chain-to-no-descriptor", breaks<next_out_of_range>},
    {"chain-from-no-descriptor", breaks<head_out_of_range>},
    {"chain-of-too-many-bytes", breaks<too_many_bytes>},
    {"chain-of-too-many-descriptors", breaks<too_many_descriptors>},
    {"readable-after-writable", breaks<readable_after_writable>},
    {"table-in-table", breaks<table_in_table>},
    {"table-in-a-circle", breaks<circle_in_table>},
    {"table-to-no-descriptor", breaks<next_out_of_table>},
    {"table-of-odd-size", table<kTable, 17, 0>},
    {"table-of-no-size", table<kTable, 0, 0>},
    {"table-longer-than-queue", table<kTable, 16 * 65, 0>},
    {"table-of-4-gib", table<kTable, 0xffff'fff0, 0>},
    {"table-past-memory", table<kRamBytes, 16, 0>},
    {"table-that-wraps", table<0xffff'ffff'ffff'fff0, 32, 0>},
    {"table-in-device-window", table<0xd000'0000, 16, 0>},
    {"table-with-a-next", table<kTable, 16, kNext>},
    {"table-not-negotiated", [](std::uint64_t) { broken(plain_table, kVersion1); }},
    {"empty-buffers", answered<empty_buffers>},
    {"only-writable-buffers", answered<only_writable>},
    {"only-readable-buffers", answered<only_readable>},
    {"unknown-flags", answered<unknown_flags>},
};

}  // namespace

std::span<const Act> chain_acts() {
    return kActs;
}

}  // namespace hostile
