#include "host/sandbox/shape.h"

#include <set>

#include <catch2/catch.hpp>

namespace bulkhead::sandbox {

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

std::uint64_t memory_for(std::uint64_t container) {
    return Shape::of(container, std::nullopt, 8).memory_bytes;
}

}  // namespace

TEST_CASE("a machine is larger than its container's memory, in whole MiB") {
    CHECK(Shape::of(std::nullopt, std::nullopt, 8).memory_bytes == Shape::kDefaultMemory);
    CHECK(memory_for(64 * kMiB) == 129 * kMiB);
    CHECK(memory_for(96 * kMiB) == 162 * kMiB);
    CHECK(memory_for(512 * kMiB) == 584 * kMiB);
    CHECK(memory_for(1024 * kMiB) == (1024 + 16 + 64) * kMiB);
}

TEST_CASE("containers of nearly the same memory have machines of the same size") {
    CHECK(memory_for(64 * kMiB + 1) == memory_for(96 * kMiB));
    CHECK(memory_for(300 * kMiB) == memory_for(384 * kMiB));
    CHECK(memory_for(6 * kMiB) == memory_for(32 * kMiB));
    std::set<std::uint64_t> sizes;
    for (std::uint64_t mib = 6; mib <= 16 * 1024; ++mib) {
        const std::uint64_t size = memory_for(mib * kMiB);
        CHECK(size >= mib * kMiB + mib * kMiB / Shape::kOverheadFraction + Shape::kFixedOverhead);
        if (mib >= 32) CHECK(size - Shape::kFixedOverhead <= mib * kMiB * 2);
        sizes.insert(size);
    }
    CHECK(sizes.size() == 19);
    // More than any machine has, and no overflow.
    CHECK(memory_for(~std::uint64_t{0}) > (std::uint64_t{1} << 62U));
}

TEST_CASE("a machine has the CPUs that were asked for or some more, or two, or what the host has") {
    CHECK(Shape::of(std::nullopt, std::nullopt, 8).vcpus == 2);
    CHECK(Shape::of(std::nullopt, std::nullopt, 1).vcpus == 1);
    const auto vcpus = [](std::uint32_t asked) { return Shape::of(std::nullopt, asked, 8).vcpus; };
    CHECK(vcpus(0) == 1);
    CHECK(vcpus(1) == 1);
    CHECK(vcpus(2) == 2);
    CHECK(vcpus(3) == 3);
    CHECK(vcpus(4) == 4);
    CHECK(vcpus(5) == 6);
    CHECK(vcpus(7) == 8);
    CHECK(vcpus(9) == 12);
    CHECK(vcpus(25) == 32);
    CHECK(vcpus(100) == Shape::kMaxCpus);
}

}  // namespace bulkhead::sandbox
