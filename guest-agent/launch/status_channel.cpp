#include "guest-agent/launch/status_channel.h"

#include "base/syscalls.h"
#include "base/utf8.h"
#include "base/wire.h"

namespace bulkhead::agent {
namespace {

using Kind = StatusMessage::Kind;

constexpr std::size_t kMaxMessage = 4096;

ByteWriter start(Kind kind) {
    ByteWriter writer;
    writer.write(static_cast<std::uint8_t>(kind));
    return writer;
}

std::string rest_of(ByteReader& reader) {
    // A variable: a loop over what a temporary holds would outlive that.
    const auto bytes = *reader.take(reader.remaining());
    std::string text;
    for (const std::byte each : bytes) text.push_back(static_cast<char>(each));
    return text;
}

Result<StatusMessage> parse(Packet packet) {
    ByteReader reader(packet.bytes);
    const auto kind = reader.read<std::uint8_t>();
    StatusMessage message;
    if (!kind) return Error("status: empty message");
    message.kind = static_cast<Kind>(*kind);
    switch (message.kind) {
        case Kind::Pid:
            message.pid = static_cast<pid_t>(reader.read<std::uint32_t>().value_or(0));
            if (message.pid <= 0) return Error("status: bad pid");
            return message;
        case Kind::Terminal:
            if (packet.descriptors.size() != 1) return Error("status: no terminal");
            message.terminal = std::move(packet.descriptors[0]);
            return message;
        case Kind::Ready:
        case Kind::Prepared:
            return message;
        case Kind::Failure: {
            const auto failure = reader.read<std::uint8_t>().value_or(0);
            if (failure < 1 || failure > 3) return Error("status: bad failure class");
            message.failure.kind = static_cast<FailureClass>(failure);
            message.failure.message = rest_of(reader);
            return message;
        }
        case Kind::Result:
            message.result = rest_of(reader);
            return message;
    }
    return Error("status: unknown message");
}

}  // namespace

Result<void> StatusChannel::send_pid(pid_t pid) {
    ByteWriter writer = start(Kind::Pid);
    writer.write(static_cast<std::uint32_t>(pid));
    return channel_.send(writer.bytes());
}

Result<void> StatusChannel::send_terminal(int terminal) {
    const ByteWriter writer = start(Kind::Terminal);
    return channel_.send(writer.bytes(), std::span(&terminal, 1));
}

Result<void> StatusChannel::send_prepared() {
    return channel_.send(start(Kind::Prepared).bytes());
}

Result<void> StatusChannel::send_ready() {
    return write_full(channel_.fd(), start(Kind::Ready).bytes());
}

Result<void> StatusChannel::send_failure(const LaunchFailure& failure) {
    ByteWriter writer = start(Kind::Failure);
    writer.write(static_cast<std::uint8_t>(failure.kind));
    // It goes on as a protobuf string, which half a character at the end would spoil.
    writer.write(std::as_bytes(std::span(utf8_prefix(failure.message, kMaxMessage))));
    return write_full(channel_.fd(), writer.bytes());
}

Result<void> StatusChannel::send_result(std::string_view result) {
    ByteWriter writer = start(Kind::Result);
    writer.write(std::as_bytes(std::span(result)));
    return channel_.send(writer.bytes());
}

Result<std::optional<StatusMessage>> StatusChannel::receive() {
    auto packet = TRY(channel_.receive());
    if (!packet) return std::optional<StatusMessage>();
    return std::optional<StatusMessage>(TRY(parse(*std::move(packet))));
}

}  // namespace bulkhead::agent
