#include "guest-agent/launch/request.h"

#include <sys/mman.h>

#include <vector>

#include "base/syscalls.h"
#include "base/wire.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

constexpr std::uint64_t kMaxSpec = std::uint64_t{64} * 1024 * 1024;

void write_text(ByteWriter& writer, std::string_view text) {
    writer.write(static_cast<std::uint32_t>(text.size()));
    writer.write(std::as_bytes(std::span(text)));
}

std::optional<std::string> read_text(ByteReader& reader) {
    const auto size = reader.read<std::uint32_t>();
    if (!size) return std::nullopt;
    const auto bytes = reader.take(*size);
    if (!bytes) return std::nullopt;
    std::string text;
    for (const std::byte each : *bytes) text.push_back(static_cast<char>(each));
    return text;
}

Result<UniqueFd> to_memory_file(const v1::StartRequest& start) {
    UniqueFd file(::memfd_create("launch", MFD_CLOEXEC));
    if (!file.valid()) return errno_error("memfd_create");
    std::string bytes;
    if (!start.SerializeToString(&bytes)) return Error("the request cannot be serialized");
    TRY(pwrite_full(file.get(), std::as_bytes(std::span(bytes)), 0));
    return file;
}

Result<void> from_memory_file(int file, v1::StartRequest& start) {
    const std::uint64_t size = TRY(file_size(file));
    if (size > kMaxSpec) return Error("launch request: too large");
    std::string bytes(size, '\0');
    const std::size_t got = TRY(pread_full(file, std::as_writable_bytes(std::span(bytes)), 0));
    if (got != size || !start.ParseFromString(bytes)) return Error("launch request: malformed");
    return {};
}

// Which of the optional descriptors follow the memory file and the status channel, in this order.
template <class Request>
auto optional_descriptors(Request& request) {
    return std::array{&request.streams[0], &request.streams[1], &request.streams[2],
                      &request.cgroup,     &request.container,  &request.rest};
}

}  // namespace

Result<void> send_launch(PacketChannel& channel, const LaunchRequest& request,
                         const v1::StartRequest& start) {
    const UniqueFd file = TRY(to_memory_file(start));
    std::vector<int> descriptors = {file.get(), request.status.get()};
    ByteWriter writer;
    writer.write(static_cast<std::uint8_t>(request.kind));
    for (const UniqueFd* each : optional_descriptors(request)) {
        writer.write(static_cast<std::uint8_t>(each->valid()));
        if (each->valid()) descriptors.push_back(each->get());
    }
    write_text(writer, request.root);
    write_text(writer, request.cgroup_path);
    write_text(writer, request.files);
    return channel.send(writer.bytes(), descriptors);
}

Result<std::optional<LaunchRequest>> receive_launch(PacketChannel& channel,
                                                    v1::StartRequest& start) {
    auto packet = TRY(channel.receive());
    if (!packet) return std::optional<LaunchRequest>();
    auto& descriptors = packet->descriptors;
    if (descriptors.size() < 2) return Error("launch request: descriptors are missing");
    LaunchRequest request;
    request.status = std::move(descriptors[1]);
    ByteReader reader(packet->bytes);
    request.kind = static_cast<LaunchRequest::Kind>(reader.read<std::uint8_t>().value_or(0));
    std::size_t next = 2;
    for (UniqueFd* each : optional_descriptors(request)) {
        if (reader.read<std::uint8_t>().value_or(0) == 0) continue;
        if (next >= descriptors.size()) return Error("launch request: descriptors are missing");
        *each = std::move(descriptors[next++]);
    }
    request.root = read_text(reader).value_or("");
    request.cgroup_path = read_text(reader).value_or("");
    request.files = read_text(reader).value_or("");
    TRY(from_memory_file(descriptors[0].get(), start));
    return std::optional<LaunchRequest>(std::move(request));
}

Result<void> send_rest(PacketChannel& channel, const v1::StartRequest& start) {
    const UniqueFd file = TRY(to_memory_file(start));
    const std::byte none{};
    return channel.send({&none, 1}, std::array{file.get()});
}

Result<void> receive_rest(PacketChannel& channel, v1::StartRequest& start) {
    const auto packet = TRY(channel.receive());
    if (!packet || packet->descriptors.size() != 1)
        return Error("the agent does not say what to start");
    return from_memory_file(packet->descriptors[0].get(), start);
}

}  // namespace bulkhead::agent
