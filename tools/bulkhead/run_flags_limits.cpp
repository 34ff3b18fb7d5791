// Flags of run and create: how much the container, and its machine, may use.
#include <limits>

#include "host/cgroup/place.h"
#include "tools/bulkhead/flag_values.h"
#include "tools/bulkhead/run_flag_groups.h"

namespace bulkhead::cli {

namespace {

using runtime::NanoCpus;

constexpr std::uint64_t kBlock = 4096;
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

Result<std::optional<std::uint64_t>> some_bytes(const std::string& text) {
    return std::optional(TRY(runtime::parse_bytes(text)));
}

Result<std::optional<std::int64_t>> some_swap(const std::string& text) {
    if (text == "-1") return std::optional<std::int64_t>(-1);
    return std::optional(static_cast<std::int64_t>(TRY(runtime::parse_bytes(text))));
}

Result<std::optional<NanoCpus>> some_cpus(const std::string& text) {
    return std::optional(TRY(runtime::parse_cpus(text)));
}

template <std::int64_t least, std::int64_t most>
Result<std::optional<std::int64_t>> some_integer(const std::string& text) {
    return std::optional(TRY(parse_integer<std::int64_t>(text, least, most)));
}

Result<std::optional<std::uint64_t>> some_unsigned(const std::string& text) {
    return std::optional(TRY(parse_integer<std::uint64_t>(text, 0, kMost)));
}

Result<std::string> parse_cpu_list(const std::string& text) {
    TRY(runtime::highest_in_list(text));
    return text;
}

Result<std::string> parse_cgroup_parent(const std::string& text) {
    TRY(cgroup::check_parent(text));
    return text;
}

// The guest has one node of memory.
Result<std::string> parse_memory_nodes(const std::string& text) {
    if (TRY(runtime::highest_in_list(text)) == 0) return text;
    return Error("a machine has one memory node, 0");
}

Result<std::optional<std::int32_t>> parse_oom_score(const std::string& text) {
    constexpr std::int32_t kBound = 1000;
    const auto score = parse_integer<std::int32_t>(text, -kBound, kBound);
    if (!score)
        return Error(concat("Invalid value ", text, ", range for oom score adj is [-1000, 1000]"));
    return std::optional(*score);
}

Result<std::optional<std::uint64_t>> some_byte_rate(const std::string& text) {
    return std::optional(TRY(runtime::parse_byte_rate(text)));
}

Result<std::optional<std::uint64_t>> some_operation_rate(const std::string& text) {
    return std::optional(TRY(runtime::parse_operation_rate(text)));
}

Result<std::optional<std::uint64_t>> some_stream_bytes(const std::string& text) {
    return std::optional(TRY(runtime::parse_stream_bytes(text)));
}

Result<std::optional<std::uint64_t>> some_stream_packets(const std::string& text) {
    return std::optional(TRY(runtime::parse_stream_packets(text)));
}

Result<std::uint64_t> parse_disk_size(std::string_view text) {
    return TRY(runtime::parse_bytes(text)) / kBlock * kBlock;
}

// "size=10G" is the one option there is.
Result<std::uint64_t> parse_storage_option(std::string_view text) {
    constexpr std::string_view kSize = "size=";
    if (!text.starts_with(kSize))
        return Error(concat("unknown storage option \"", text, "\", want size=BYTES"));
    return parse_disk_size(text.substr(kSize.size()));
}

Result<std::chrono::nanoseconds> parse_start_timeout(std::string_view text) {
    const std::uint32_t seconds = TRY(parse_seconds(text));
    if (seconds == 0) return Error("want a number of seconds");
    return std::chrono::nanoseconds(std::chrono::seconds(seconds));
}

Result<std::optional<TemplateUse>> some_template_use(const std::string& text) {
    if (text == "auto") return std::optional(TemplateUse::Auto);
    if (text == "image") return std::optional(TemplateUse::Image);
    if (text == "machine") return std::optional(TemplateUse::Machine);
    if (text == "never") return std::optional(TemplateUse::Never);
    return Error("want auto, image, machine or never");
}

}  // namespace

Result<void> load_template_use(RunFlags& target, const runtime::Lookup& lookup) {
    if (target.template_use) return {};
    const auto said = lookup("BULKHEAD_TEMPLATE");
    if (said && !said->empty())
        target.template_use = TRY_CONTEXT(some_template_use(*said), "BULKHEAD_TEMPLATE");
    return {};
}

void add_disk_limit_flags(runtime::DeviceLimits& limits, std::vector<Flag>& flags) {
    append_group(
        "Limits",
        {{"device-read-bps", '\0', "[PATH:]BYTES", "read from its disks in a second, as 10m",
          parsed_into(limits.read_bytes, some_byte_rate)},
         {"device-write-bps", '\0', "[PATH:]BYTES", "written to them",
          parsed_into(limits.write_bytes, some_byte_rate)},
         {"device-read-iops", '\0', "[PATH:]NUMBER", "reads in a second",
          parsed_into(limits.read_operations, some_operation_rate)},
         {"device-write-iops", '\0', "[PATH:]NUMBER", "writes in a second",
          parsed_into(limits.write_operations, some_operation_rate)},
         {"stream-bps", '\0', "BYTES", "that streams to and from it move in a second, each way",
          parsed_into(limits.stream_bytes, some_stream_bytes)},
         {"stream-iops", '\0', "NUMBER", "of their packets in a second, each way",
          parsed_into(limits.stream_packets, some_stream_packets)}},
        flags);
}

void add_limit_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& container = target.container;
    auto& limits = container.resources;
    append_group(
        "Limits",
        {{"memory", 'm', "BYTES", "the container's memory, as 512m (default: a 1 GiB machine)",
          parsed_into(limits.memory_bytes, some_bytes)},
         {"memory-reservation", '\0', "BYTES", "memory that is kept for it",
          parsed_into(limits.memory_reservation_bytes, some_bytes)},
         {"memory-swap", '\0', "BYTES",
          "memory and swap together; -1: no limit (a guest has no swap)",
          parsed_into(limits.memory_swap_bytes, some_swap)},
         {"cpus", '\0', "NUMBER", "as 1.5 (default: 2, or what the host has)",
          parsed_into(limits.cpus, some_cpus)},
         {"cpu-shares", 'c', "NUMBER",
          "its weight when processors are short (the default is as 2600)",
          parsed_into(limits.cpu_shares, some_unsigned)},
         {"cpu-period", '\0', "MICROSECONDS", "of --cpu-quota (default 100000)",
          parsed_into(limits.cpu_period_us, some_unsigned)},
         {"cpu-quota", '\0', "MICROSECONDS", "of processor time in each period",
          parsed_into(limits.cpu_quota_us, some_integer<-1, kMost>)},
         {"cpuset-cpus", '\0', "LIST", "the machine's processors that it may use, as 0-2",
          parsed_into(limits.cpuset_cpus, parse_cpu_list)},
         {"pids-limit", '\0', "NUMBER", "of processes and threads; -1: no limit",
          parsed_into(limits.pids_limit, some_integer<-1, kMost>)},
         {"ulimit", '\0', "NAME=SOFT[:HARD]", "a resource limit, as nofile=1024",
          parsed_onto(container.ulimits, runtime::parse_ulimit)},
         {"oom-score-adj", '\0', "NUMBER", "who is killed first when memory runs out",
          parsed_into(container.oom_score_adj, parse_oom_score)}},
        flags);
    add_disk_limit_flags(target.device_limits, flags);
    append_group(
        kUnlisted,
        {{"cpuset-mems", '\0', "LIST", "", parsed_into(limits.cpuset_mems, parse_memory_nodes)}},
        flags);
}

void add_machine_flags(RunFlags& target, std::vector<Flag>& flags) {
    append_group(
        "The machine",
        {{"disk-size", '\0', "BYTES", "of the writable disk (default 10g)",
          parsed_into(target.disk_bytes, parse_disk_size)},
         {"storage-opt", '\0', "size=BYTES", "the same, as docker writes it",
          parsed_into(target.disk_bytes, parse_storage_option)},
         {"kernel", '\0', "FILE", "another guest kernel (an ELF vmlinux)", store(target.kernel)},
         {"kernel-args", '\0', "TEXT", "added to the guest kernel's command line",
          store(target.kernel_arguments)},
         {"template", '\0', "auto|image|machine|never",
          "the saved machine that it starts from (default $BULKHEAD_TEMPLATE, or auto)",
          parsed_into(target.template_use, some_template_use)},
         {"cgroup-parent", '\0', "PATH", "where the machine's cgroup is made (default /bulkhead)",
          parsed_into(target.cgroup_parent, parse_cgroup_parent)},
         {"start-timeout", '\0', "SECONDS", "for the guest to boot and answer (default 120)",
          parsed_into(target.start_timeout, parse_start_timeout)}},
        flags);
}

}  // namespace bulkhead::cli
