#include "vmm/control/host_command.h"

#include "proto/vmm.pb.h"
#include "vmm/control/device_limits.h"

namespace bulkhead::control {

namespace {

Result<Save> parse_save(const vmm::v1::Save& save, std::vector<UniqueFd> descriptors) {
    const bool two = descriptors.size() == 2 && save.state_fd() < 2 && save.memory_fd() < 2 &&
                     save.state_fd() != save.memory_fd();
    if (!two) return Error("Save needs exactly two descriptors");
    return Save{.files = {.state = std::move(descriptors[save.state_fd()]),
                          .memory = std::move(descriptors[save.memory_fd()])},
                .swap = save.no_swap() ? memory::Swap::None : memory::Swap::Possible};
}

}  // namespace

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
        case Message::kPauseAtStream:
            return HostCommand(PauseAtStream{});
        case Message::kResume:
            return HostCommand(Resume{});
        case Message::kSetDeviceLimits:
            return HostCommand(
                SetDeviceLimits{parse_device_limits(message.set_device_limits().limits())});
        case Message::kSave:
            return HostCommand(TRY(parse_save(message.save(), std::move(packet.descriptors))));
        case Message::kTakeWrites:
            return HostCommand(TakeWrites{});
        case Message::kLaunch:
            return Error("the host sent a second Launch");
        case Message::MESSAGE_NOT_SET:
            break;
    }
    return Error("the host sent a message that this VMM does not know");
}

}  // namespace bulkhead::control
