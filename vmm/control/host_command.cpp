#include "vmm/control/host_command.h"

#include "proto/vmm.pb.h"
#include "vmm/control/device_limits.h"

namespace bulkhead::control {

Result<HostCommand> parse_host_command(Packet packet) {
    using Message = bulkhead::vmm::v1::HostMessage;
    Message message;
    if (!message.ParseFromArray(packet.bytes.data(), static_cast<int>(packet.bytes.size()))) {
        return Error("a packet from the host is not a HostMessage");
    }
    switch (message.message_case()) {
        case Message::kOpenStream:
            if (packet.descriptors.size() != 1) {
                return Error("OpenStream needs exactly one descriptor");
            }
            return HostCommand(OpenStream{.port = message.open_stream().port(),
                                          .socket = std::move(packet.descriptors.front())});
        case Message::kStop:
            return HostCommand(Stop{});
        case Message::kSetBalloon:
            return HostCommand(SetBalloon{message.set_balloon().bytes()});
        case Message::kPause:
            return HostCommand(Pause{});
        case Message::kResume:
            return HostCommand(Resume{});
        case Message::kSetDeviceLimits:
            return HostCommand(
                SetDeviceLimits{parse_device_limits(message.set_device_limits().limits())});
        case Message::kLaunch:
            return Error("the host sent a second Launch");
        case Message::MESSAGE_NOT_SET:
            break;
    }
    return Error("the host sent a message that this VMM does not know");
}

}  // namespace bulkhead::control
