#include "host/sandbox/vmm_message.h"

#include <sys/socket.h>

#include "base/text.h"
#include "host/sandbox/guest_text.h"
#include "proto/vmm.pb.h"

namespace bulkhead::sandbox {

namespace {

constexpr int kMaxSteps = 64;
constexpr std::size_t kMaxStepName = 64;

VmStarted read_started(const vmm::v1::Started& wire) {
    VmStarted started;
    for (int i = 0; i < std::min(wire.steps_size(), kMaxSteps); ++i) {
        started.steps.push_back(
            {printable(wire.steps(i).name(), kMaxStepName), wire.steps(i).monotonic_ns()});
    }
    return started;
}

bool is_stream_socket(const UniqueFd& fd) {
    int type = 0;
    socklen_t size = sizeof(type);
    return ::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

Result<VmmMessage> read_stream(const vmm::v1::StreamOpened& wire,
                               std::vector<UniqueFd>& descriptors) {
    if (descriptors.size() != 1 || !is_stream_socket(descriptors.front()))
        return Error("monitor: a stream without exactly one stream socket");
    return VmmMessage(VmStream{wire.port(), std::move(descriptors.front())});
}

EndCause cause_of(vmm::v1::EndReason reason) {
    switch (reason) {
        case vmm::v1::END_REASON_GUEST_RESET:
            return EndCause::GuestReset;
        case vmm::v1::END_REASON_GUEST_PANIC:
            return EndCause::GuestPanic;
        case vmm::v1::END_REASON_TRIPLE_FAULT:
            return EndCause::TripleFault;
        case vmm::v1::END_REASON_STOPPED:
            return EndCause::Stopped;
        case vmm::v1::END_REASON_INTERNAL_ERROR:
            return EndCause::InternalError;
        case vmm::v1::END_REASON_LAUNCH_FAILED:
            return EndCause::LaunchFailed;
        default:
            return EndCause::Unknown;
    }
}

}  // namespace

Result<VmmMessage> parse_vmm_message(Packet packet) {
    vmm::v1::VmmMessage message;
    if (!message.ParseFromArray(packet.bytes.data(), static_cast<int>(packet.bytes.size())))
        return Error("monitor: a packet that is no message");
    switch (message.message_case()) {
        case vmm::v1::VmmMessage::kStarted:
            return VmmMessage(read_started(message.started()));
        case vmm::v1::VmmMessage::kStreamOpened:
            return read_stream(message.stream_opened(), packet.descriptors);
        case vmm::v1::VmmMessage::kEnded:
            return VmmMessage(
                VmEnded{cause_of(message.ended().reason()), printable(message.ended().detail())});
        case vmm::v1::VmmMessage::kPaused:
            return VmmMessage(VmPaused{});
        case vmm::v1::VmmMessage::kDeviceLimits:
            return VmmMessage(VmDeviceLimits{read_device_limits(message.device_limits())});
        case vmm::v1::VmmMessage::kSaved:
            return VmmMessage(VmSaved{printable(message.saved().error())});
        case vmm::v1::VmmMessage::kWrites:
            return VmmMessage(
                VmWrites{{message.writes().pages().begin(), message.writes().pages().end()}});
        case vmm::v1::VmmMessage::MESSAGE_NOT_SET:
            break;
    }
    return Error("monitor: an empty message");
}

}  // namespace bulkhead::sandbox
