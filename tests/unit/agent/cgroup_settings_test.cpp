#include <catch2/catch.hpp>

#include "guest-agent/cgroup/settings.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

std::string value_of(const oci::v1::Resources& resources, const std::string& file) {
    const auto settings = cgroup_settings(resources);
    REQUIRE(settings.ok());
    for (const auto& setting : *settings) {
        if (setting.file == file) return setting.value;
    }
    return "unset";
}

TEST_CASE("cgroup: an empty section sets nothing") {
    CHECK(cgroup_settings(oci::v1::Resources()).value().empty());
}

TEST_CASE("cgroup: memory limits, with -1 for none") {
    oci::v1::Resources resources;
    resources.set_memory_limit_bytes(64 << 20);
    resources.set_memory_reservation_bytes(32 << 20);
    CHECK(value_of(resources, "memory.max") == "67108864");
    CHECK(value_of(resources, "memory.low") == "33554432");
    resources.set_memory_limit_bytes(-1);
    CHECK(value_of(resources, "memory.max") == "max");
}

TEST_CASE("cgroup: the spec's memory and swap together become swap alone") {
    oci::v1::Resources resources;
    resources.set_memory_limit_bytes(100);
    resources.set_memory_swap_bytes(150);
    CHECK(value_of(resources, "memory.swap.max") == "50");
    resources.set_memory_swap_bytes(-1);
    CHECK(value_of(resources, "memory.swap.max") == "max");
    resources.set_memory_swap_bytes(99);
    CHECK_FALSE(cgroup_settings(resources).ok());
    resources.clear_memory_limit_bytes();
    CHECK_FALSE(cgroup_settings(resources).ok());
}

TEST_CASE("cgroup: quota and period") {
    oci::v1::Resources resources;
    resources.set_cpu_quota_us(150'000);
    CHECK(value_of(resources, "cpu.max") == "150000 100000");
    resources.set_cpu_period_us(50'000);
    CHECK(value_of(resources, "cpu.max") == "150000 50000");
    resources.set_cpu_quota_us(-1);
    CHECK(value_of(resources, "cpu.max") == "max 50000");
}

TEST_CASE("cgroup: pids, 0 and below for no limit") {
    oci::v1::Resources resources;
    resources.set_pids_limit(100);
    CHECK(value_of(resources, "pids.max") == "100");
    resources.set_pids_limit(-1);
    CHECK(value_of(resources, "pids.max") == "max");
}

TEST_CASE("cgroup: unified names are files of a controller, nothing else") {
    oci::v1::Resources resources;
    (*resources.mutable_unified())["memory.high"] = "max";
    CHECK(value_of(resources, "memory.high") == "max");
    for (const char* bad : {"../memory.max", "memory/max", "cgroup.procs", "memory", ".max", ""}) {
        oci::v1::Resources hostile;
        (*hostile.mutable_unified())[bad] = "1";
        CHECK_FALSE(cgroup_settings(hostile).ok());
    }
}

TEST_CASE("cgroup: burst, idle and memory nodes, only when they are asked for") {
    oci::v1::Resources resources;
    CHECK(cgroup_settings(resources)->empty());
    resources.set_cpu_burst_us(500);
    resources.set_cpu_idle(1);
    resources.set_cpuset_mems("0");
    CHECK(value_of(resources, "cpu.max.burst") == "500");
    CHECK(value_of(resources, "cpu.idle") == "1");
    CHECK(value_of(resources, "cpuset.mems") == "0");
}

}  // namespace
}  // namespace bulkhead::agent
