#include "guest-agent/usage/statistics.h"

#include <sys/sysinfo.h>

#include <algorithm>

#include "guest-agent/usage/proc_text.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

constexpr std::uint64_t kSector = 512;

// "max" is 0.
std::uint64_t number_in(const std::string& path) {
    return number_of(read_small_file(path));
}

void add_memory(const std::string& cgroup, v1::StatisticsReply& reply) {
    const std::uint64_t used = number_in(cgroup + "/memory.current");
    const std::string details = read_small_file(cgroup + "/memory.stat");
    // As docker counts: what can be dropped at once is not in use.
    const std::uint64_t droppable = number_of(value_of(details, "inactive_file"));
    reply.set_memory_bytes(used - std::min(used, droppable));
    std::uint64_t limit = number_in(cgroup + "/memory.max");
    if (limit == 0) {
        struct sysinfo machine {};

        if (::sysinfo(&machine) == 0) limit = std::uint64_t{machine.totalram} * machine.mem_unit;
    }
    reply.set_memory_limit_bytes(limit);
}

// The disks are the container's alone: nobody else in the guest uses them.
void add_disks(v1::StatisticsReply& reply) {
    const std::string text = read_small_file("/proc/diskstats");
    std::string_view rest(text);
    std::uint64_t read = 0;
    std::uint64_t written = 0;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        constexpr std::size_t kFields = 10;  // Documentation/admin-guide/iostats.rst
        const auto fields = words_of(rest.substr(0, end), kFields);
        rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
        if (fields.size() < kFields || !fields[2].starts_with("vd")) continue;
        read += number_of(fields[5]) * kSector;
        written += number_of(fields[9]) * kSector;
    }
    reply.set_block_read_bytes(read);
    reply.set_block_write_bytes(written);
}

// The guest's network is the container's.
void add_network(v1::StatisticsReply& reply) {
    const std::string text = read_small_file("/proc/net/dev");
    std::string_view rest(text);
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto name = words_of(line.substr(0, colon), 1);
        constexpr std::size_t kFields = 9;
        const auto fields = words_of(line.substr(colon + 1), kFields);
        if (name.empty() || name[0] == "lo" || fields.size() < kFields) continue;
        reply.set_network_receive_bytes(reply.network_receive_bytes() + number_of(fields[0]));
        reply.set_network_send_bytes(reply.network_send_bytes() + number_of(fields[8]));
    }
}

}  // namespace

v1::StatisticsReply read_statistics(const std::string& cgroup) {
    constexpr std::uint64_t kNanosecondsPerMicrosecond = 1000;
    v1::StatisticsReply reply;
    add_memory(cgroup, reply);
    const std::string cpu = read_small_file(cgroup + "/cpu.stat");
    reply.set_cpu_ns(number_of(value_of(cpu, "usage_usec")) * kNanosecondsPerMicrosecond);
    reply.set_cpus(static_cast<std::uint32_t>(std::max(1, ::get_nprocs())));
    reply.set_processes(static_cast<std::uint32_t>(number_in(cgroup + "/pids.current")));
    reply.set_processes_limit(number_in(cgroup + "/pids.max"));
    add_disks(reply);
    add_network(reply);
    return reply;
}

}  // namespace bulkhead::agent
