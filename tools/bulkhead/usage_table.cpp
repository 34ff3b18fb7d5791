#include "tools/bulkhead/usage_table.h"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "proto/agent.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::cli {

namespace {

constexpr const char* kUnknown = "--";

std::string percent(double share) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f%%", share);
    return text.data();
}

// "1.5MiB", as docker shows memory: powers of 1024, four digits.
std::string memory_text(std::uint64_t bytes) {
    constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g%s", value, kUnits[unit]);
    return text.data();
}

// Of one processor, over the time between the two. A counter that went back belongs to another
// start.
std::string cpu_text(const ContainerUsage& usage, std::uint64_t UsageSample::*counter) {
    if (!usage.before || usage.now->time_ns <= usage.before->time_ns) return kUnknown;
    const std::uint64_t before = *usage.before.*counter;
    const std::uint64_t now = *usage.now.*counter;
    const std::uint64_t used = now < before ? now : now - before;
    const std::uint64_t passed = usage.now->time_ns - usage.before->time_ns;
    return percent(static_cast<double>(used) * 100 / static_cast<double>(passed));
}

std::string memory_share(const UsageSample& sample) {
    if (sample.memory_limit_bytes == 0) return kUnknown;
    return percent(static_cast<double>(sample.memory_bytes) * 100 /
                   static_cast<double>(sample.memory_limit_bytes));
}

struct Texts {
    std::string cpu = kUnknown;
    std::string memory = concat(kUnknown, " / ", kUnknown);
    std::string share = kUnknown;
    std::string network = kUnknown;
    std::string block = kUnknown;
    std::string processes = kUnknown;
    std::string host_memory = kUnknown;
    std::string overhead = kUnknown;
    std::string host_cpu = kUnknown;
};

Texts texts_of(const ContainerUsage& usage) {
    Texts texts;
    if (!usage.now) return texts;
    const UsageSample& now = *usage.now;
    texts.cpu = cpu_text(usage, &UsageSample::cpu_ns);
    texts.memory =
        concat(memory_text(now.memory_bytes), " / ", memory_text(now.memory_limit_bytes));
    texts.share = memory_share(now);
    texts.network = concat(size_text(now.receive_bytes), " / ", size_text(now.send_bytes));
    texts.block = concat(size_text(now.read_bytes), " / ", size_text(now.write_bytes));
    texts.processes = std::to_string(now.processes);
    texts.host_memory = memory_text(now.guest_resident_bytes);
    texts.overhead = memory_text(now.overhead_bytes);
    texts.host_cpu = cpu_text(usage, &UsageSample::host_cpu_ns);
    return texts;
}

}  // namespace

UsageSample usage_of(const supervisor::v1::StatisticsReply& reply) {
    const auto& guest = reply.guest();
    UsageSample sample;
    sample.time_ns = reply.time_ns();
    sample.cpu_ns = guest.cpu_ns();
    sample.host_cpu_ns = reply.monitor().cpu_ns() + reply.supervisor().cpu_ns();
    sample.memory_bytes = guest.memory_bytes();
    sample.memory_limit_bytes = guest.memory_limit_bytes();
    sample.processes = guest.processes();
    sample.read_bytes = guest.block_read_bytes();
    sample.write_bytes = guest.block_write_bytes();
    sample.receive_bytes = guest.network_receive_bytes();
    sample.send_bytes = guest.network_send_bytes();
    sample.guest_resident_bytes = reply.monitor().guest_bytes();
    sample.overhead_bytes = reply.monitor().private_bytes() + reply.supervisor().private_bytes();
    return sample;
}

std::vector<Row> usage_rows(const std::vector<ContainerUsage>& all) {
    std::vector<Row> rows = {{"CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %",
                              "NET I/O", "BLOCK I/O", "PIDS", "VM MEM", "OVERHEAD", "HOST CPU %"}};
    for (const ContainerUsage& usage : all) {
        const Texts texts = texts_of(usage);
        rows.push_back({usage.id, usage.name, texts.cpu, texts.memory, texts.share, texts.network,
                        texts.block, texts.processes, texts.host_memory, texts.overhead,
                        texts.host_cpu});
    }
    return rows;
}

std::string usage_json(const ContainerUsage& usage) {
    const Texts texts = texts_of(usage);
    const nlohmann::json json = {{"ID", usage.id},
                                 {"Container", usage.id},
                                 {"Name", usage.name},
                                 {"CPUPerc", texts.cpu},
                                 {"MemUsage", texts.memory},
                                 {"MemPerc", texts.share},
                                 {"NetIO", texts.network},
                                 {"BlockIO", texts.block},
                                 {"PIDs", texts.processes},
                                 {"VMMem", texts.host_memory},
                                 {"Overhead", texts.overhead},
                                 {"HostCPUPerc", texts.host_cpu}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace bulkhead::cli
