#include "base/packet_channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead {

namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int) * PacketChannel::kMaxDescriptors);

// Takes ownership of every descriptor that came with `message`.
std::vector<UniqueFd> take_descriptors(msghdr& message) {
    std::vector<UniqueFd> taken;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            taken.emplace_back(fd);
        }
    }
    return taken;
}

}  // namespace

Result<std::pair<PacketChannel, PacketChannel>> PacketChannel::create_pair() {
    auto ends = TRY(make_socketpair(SOCK_SEQPACKET));
    return std::pair(PacketChannel(std::move(ends.first)), PacketChannel(std::move(ends.second)));
}

Result<void> PacketChannel::send(std::span<const std::byte> bytes,
                                 std::span<const int> descriptors) {
    if (bytes.empty() || bytes.size() > kMaxBytes || descriptors.size() > kMaxDescriptors) {
        return Error(concat("packet of ", bytes.size(), " bytes with ", descriptors.size(),
                            " descriptors is outside the channel's bounds"));
    }
    // SAFETY: sendmsg does not write through iov_base.
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) std::array<std::byte, kControlBytes> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    ssize_t sent = -1;
    do {
        sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno_error("send packet");
    return {};
}

Result<std::optional<Packet>> PacketChannel::receive() {
    if (!buffer_) buffer_.emplace(kMaxBytes);
    const std::span<std::byte> buffer = buffer_->bytes();
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<std::byte, kControlBytes> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t count = -1;
    do {
        count = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        if (errno == ECONNRESET) return std::optional<Packet>();
        return errno_error("receive packet");
    }
    Packet packet;
    packet.descriptors = take_descriptors(message);
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return Error("received packet is too large");
    if (count == 0) return std::optional<Packet>();
    const auto received = buffer.first(static_cast<std::size_t>(count));
    packet.bytes.assign(received.begin(), received.end());
    return std::optional<Packet>(std::move(packet));
}

}  // namespace bulkhead
