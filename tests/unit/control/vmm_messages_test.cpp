#include "vmm/control/vmm_messages.h"

#include <catch2/catch.hpp>

#include "base/packet_channel.h"
#include "proto/vmm.pb.h"

namespace bulkhead::control {
namespace {

namespace wire = bulkhead::vmm::v1;

wire::VmmMessage decode(const std::vector<std::byte>& bytes) {
    wire::VmmMessage message;
    REQUIRE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    return message;
}

TEST_CASE("the steps of a start are told in order") {
    machine::StartSteps steps;
    steps.record("received");
    steps.record("memory");
    const auto message = decode(encode_started(steps));
    REQUIRE(message.started().steps_size() == 2);
    CHECK(message.started().steps(0).name() == "received");
    CHECK(message.started().steps(1).name() == "memory");
    CHECK(message.started().steps(0).monotonic_ns() > 0);
    CHECK(message.started().steps(1).monotonic_ns() >= message.started().steps(0).monotonic_ns());
}

TEST_CASE("a stream is told with its port") {
    CHECK(decode(encode_stream_opened(1024)).stream_opened().port() == 1024);
}

TEST_CASE("every reason to end has its own number") {
    using machine::EndReason;
    const auto told = [](EndReason reason) {
        return decode(encode_ended({.reason = reason, .detail = "", .console_bytes_dropped = 0}))
            .ended()
            .reason();
    };
    CHECK(told(EndReason::GuestReset) == wire::END_REASON_GUEST_RESET);
    CHECK(told(EndReason::GuestPanic) == wire::END_REASON_GUEST_PANIC);
    CHECK(told(EndReason::TripleFault) == wire::END_REASON_TRIPLE_FAULT);
    CHECK(told(EndReason::Stopped) == wire::END_REASON_STOPPED);
    CHECK(told(EndReason::InternalError) == wire::END_REASON_INTERNAL_ERROR);
    CHECK(told(EndReason::LaunchFailed) == wire::END_REASON_LAUNCH_FAILED);
}

TEST_CASE("a detail of any length fits in a packet") {
    const auto bytes = encode_ended({.reason = machine::EndReason::LaunchFailed,
                                     .detail = std::string(1 << 20, 'x'),
                                     .console_bytes_dropped = 7});
    CHECK(bytes.size() < PacketChannel::kMaxBytes);
    CHECK(decode(bytes).ended().detail().size() == 4096);
    CHECK(decode(bytes).ended().console_bytes_dropped() == 7);
}

TEST_CASE("how saving went is told") {
    CHECK(decode(encode_writes({})).has_writes());
    const auto writes = decode(encode_writes(std::vector<PageRun>{{7, 2}, {12, 1}})).writes();
    CHECK(std::vector<std::uint64_t>(writes.pages().begin(), writes.pages().end()) ==
          std::vector<std::uint64_t>{7, 2, 12, 1});
    CHECK(decode(encode_saved("")).has_saved());
    CHECK(decode(encode_saved("")).saved().error().empty());
    CHECK(decode(encode_saved("no space")).saved().error() == "no space");
    CHECK(decode(encode_saved(std::string(1 << 20, 'x'))).saved().error().size() == 4096);
}

}  // namespace
}  // namespace bulkhead::control
