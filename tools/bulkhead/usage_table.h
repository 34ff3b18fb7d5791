// The lines of `stats`: what containers use, and what they cost the host beyond that. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/bulkhead/listing.h"

namespace bulkhead::supervisor::v1 {
class StatisticsReply;
}

namespace bulkhead::cli {

// One moment of a container, and the one before it if there is one.
struct UsageSample {
    std::uint64_t time_ns = 0;
    std::uint64_t cpu_ns = 0;
    std::uint64_t host_cpu_ns = 0;  // of monitor and supervisor, the guest's own included
    std::uint64_t memory_bytes = 0;
    std::uint64_t memory_limit_bytes = 0;
    std::uint64_t processes = 0;
    std::uint64_t read_bytes = 0;
    std::uint64_t write_bytes = 0;
    std::uint64_t receive_bytes = 0;
    std::uint64_t send_bytes = 0;
    std::uint64_t guest_resident_bytes = 0;  // of the guest's memory, what takes room on the host
    std::uint64_t overhead_bytes = 0;        // private to monitor and supervisor
};

UsageSample usage_of(const supervisor::v1::StatisticsReply& reply);

struct ContainerUsage {
    std::string id;
    std::string name;
    std::optional<UsageSample> before;
    std::optional<UsageSample> now;  // nothing: it does not run, or does not answer
};

// The heading and a row for each.
std::vector<Row> usage_rows(const std::vector<ContainerUsage>& all);

// docker's names, one object on a line.
std::string usage_json(const ContainerUsage& usage);

}  // namespace bulkhead::cli
