#include "host/runtime/resources.h"

#include <catch2/catch.hpp>

#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint32_t kMostCpus = 32;

std::string refusal(const ResourceOptions& options) {
    const auto checked = check_resources(options, kMostCpus);
    return checked ? "" : checked.error().message();
}

}  // namespace

TEST_CASE("lists of processors") {
    CHECK(*highest_in_list("0") == 0);
    CHECK(*highest_in_list("0-2,7,4") == 7);
    for (const char* text :
         {"", ",", "1-", "-1", "2-1", "a", "1,,2", "4294967295", "0-99999999999"})
        CHECK_FALSE(highest_in_list(text));
}

TEST_CASE("limits that contradict each other are refused in docker's words") {
    ResourceOptions options;
    CHECK(refusal(options).empty());
    options.memory_swap_bytes = static_cast<std::int64_t>(64 * kMiB);
    CHECK(refusal(options).find("always set the Memory limit") != std::string::npos);
    options.memory_bytes = 128 * kMiB;
    CHECK(refusal(options).find("larger than memory limit") != std::string::npos);
    options.memory_swap_bytes = -1;
    CHECK(refusal(options).empty());
    options.memory_reservation_bytes = 256 * kMiB;
    CHECK(refusal(options).find("less than memory reservation") != std::string::npos);
    options.memory_reservation_bytes = 64 * kMiB;
    options.cpus = NanoCpus{NanoCpus::kOneCpu};
    options.cpu_quota_us = 50'000;
    CHECK(refusal(options) == "Conflicting options: Nano CPUs and CPU Quota cannot both be set");
    options.cpus.reset();
    options.cpu_quota_us = 10;
    CHECK(refusal(options).find("CPU cfs quota") != std::string::npos);
    options.cpu_quota_us = 50'000;
    options.cpu_period_us = 10;
    CHECK(refusal(options).find("CPU cfs period") != std::string::npos);
    options.cpu_period_us = 100'000;
    CHECK(refusal(options).empty());
    options.cpuset_cpus = "32";
    CHECK(refusal(options).find("33 CPUs") != std::string::npos);
}

TEST_CASE("the machine has the processors that its limits need") {
    ResourceOptions options;
    CHECK_FALSE(machine_cpus(options));
    options.cpu_quota_us = 250'000;
    CHECK(machine_cpus(options) == 3U);
    options.cpu_period_us = 50'000;
    CHECK(machine_cpus(options) == 5U);
    options.cpuset_cpus = "0,6";
    CHECK(machine_cpus(options) == 7U);
}

TEST_CASE("limits in the spec") {
    ResourceOptions options;
    options.memory_bytes = 64 * kMiB;
    options.memory_swap_bytes = -1;
    options.memory_reservation_bytes = 32 * kMiB;
    options.cpu_shares = 512;
    options.pids_limit = 10;
    options.cpuset_cpus = "0-1";
    oci::v1::Resources resources;
    set_resources(options, resources);
    CHECK(resources.memory_limit_bytes() == static_cast<std::int64_t>(64 * kMiB));
    CHECK(resources.memory_swap_bytes() == -1);
    CHECK(resources.memory_reservation_bytes() == static_cast<std::int64_t>(32 * kMiB));
    CHECK(resources.cpu_shares() == 512);
    CHECK(resources.pids_limit() == 10);
    CHECK(resources.cpuset_cpus() == "0-1");
    CHECK_FALSE(resources.has_cpu_quota_us());
    options.cpus = NanoCpus{1};
    set_resources(options, resources);
    CHECK(resources.cpu_quota_us() == 1000);
    CHECK(resources.cpu_period_us() == 100'000);
}

}  // namespace bulkhead::runtime
