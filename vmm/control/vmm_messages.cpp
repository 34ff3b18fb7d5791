#include "vmm/control/vmm_messages.h"

#include <string>

#include "base/check.h"
#include "proto/vmm.pb.h"
#include "vmm/control/device_limits.h"

namespace bulkhead::control {

namespace {

namespace wire = bulkhead::vmm::v1;

// A detail is for a person to read; it must not make the packet too large to send.
constexpr std::size_t kMaxDetail = 4096;

std::vector<std::byte> encode(const wire::VmmMessage& message) {
    std::vector<std::byte> bytes(message.ByteSizeLong());
    BULKHEAD_CHECK(message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size())));
    return bytes;
}

wire::EndReason to_wire(machine::EndReason reason) {
    switch (reason) {
        case machine::EndReason::GuestReset:
            return wire::END_REASON_GUEST_RESET;
        case machine::EndReason::GuestPanic:
            return wire::END_REASON_GUEST_PANIC;
        case machine::EndReason::TripleFault:
            return wire::END_REASON_TRIPLE_FAULT;
        case machine::EndReason::Stopped:
            return wire::END_REASON_STOPPED;
        case machine::EndReason::InternalError:
            return wire::END_REASON_INTERNAL_ERROR;
        case machine::EndReason::LaunchFailed:
            return wire::END_REASON_LAUNCH_FAILED;
    }
    return wire::END_REASON_UNSPECIFIED;
}

}  // namespace

std::vector<std::byte> encode_started(const machine::StartSteps& steps) {
    wire::VmmMessage message;
    for (const auto& step : steps.steps()) {
        wire::Step* out = message.mutable_started()->add_steps();
        out->set_name(std::string(step.name));
        out->set_monotonic_ns(step.monotonic_ns);
    }
    return encode(message);
}

std::vector<std::byte> encode_stream_opened(std::uint32_t port) {
    wire::VmmMessage message;
    message.mutable_stream_opened()->set_port(port);
    return encode(message);
}

std::vector<std::byte> encode_paused() {
    wire::VmmMessage message;
    message.mutable_paused();
    return encode(message);
}

std::vector<std::byte> encode_device_limits(const machine::DeviceLimits& limits) {
    wire::VmmMessage message;
    write_device_limits(limits, *message.mutable_device_limits());
    return encode(message);
}

std::vector<std::byte> encode_saved(const std::string& error) {
    wire::VmmMessage message;
    message.mutable_saved()->set_error(error.substr(0, kMaxDetail));
    return encode(message);
}

std::vector<std::byte> encode_writes(std::span<const PageRun> runs) {
    wire::VmmMessage message;
    wire::Writes* writes = message.mutable_writes();
    for (const std::uint64_t number : to_pairs(runs)) writes->add_pages(number);
    return encode(message);
}

std::vector<std::byte> encode_ended(const machine::EndReport& report) {
    wire::VmmMessage message;
    wire::Ended* ended = message.mutable_ended();
    ended->set_reason(to_wire(report.reason));
    ended->set_detail(report.detail.substr(0, kMaxDetail));
    ended->set_console_bytes_dropped(report.console_bytes_dropped);
    return encode(message);
}

}  // namespace bulkhead::control
