#include "host/sandbox/shape.h"

#include <catch2/catch.hpp>

namespace bulkhead::sandbox {

TEST_CASE("a machine is larger than its container's memory, in whole MiB") {
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
    CHECK(Shape::of(std::nullopt, std::nullopt, 8).memory_bytes == Shape::kDefaultMemory);
    CHECK(Shape::of(64 * kMiB, std::nullopt, 8).memory_bytes == 129 * kMiB);
    CHECK(Shape::of(6 * kMiB + 1, std::nullopt, 8).memory_bytes == 71 * kMiB);
}

TEST_CASE("a machine has the CPUs that were asked for, or two, or what the host has") {
    CHECK(Shape::of(std::nullopt, std::nullopt, 8).vcpus == 2);
    CHECK(Shape::of(std::nullopt, std::nullopt, 1).vcpus == 1);
    CHECK(Shape::of(std::nullopt, 5, 8).vcpus == 5);
    CHECK(Shape::of(std::nullopt, 100, 128).vcpus == Shape::kMaxCpus);
}

}  // namespace bulkhead::sandbox
