// VsockGuest: a guest's vsock driver and a VsockDevice with its loop and host side, so that a test
// sends packets and looks at packets. Buffers come from fixed pools, so any amount can flow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "proto/ports.h"
#include "tests/support/driver_fake.h"
#include "vmm/vsock/packet.h"
#include "vmm/vsock/stream_host.h"
#include "vmm/vsock/vsock_device.h"

namespace bulkhead::test {

class FakeStreamHost final : public vsock::StreamHost {
  public:
    bool stream_opened(std::uint32_t port, UniqueFd socket) override {
        if (!accepts) return false;
        opened.emplace_back(port, std::move(socket));
        return true;
    }

    std::vector<std::pair<std::uint32_t, UniqueFd>> opened;
    bool accepts = true;
};

struct GuestPacket {
    vsock::Header header;
    std::vector<std::byte> payload;
};

class VsockGuest {
  public:
    // As Linux 6.12 allocates them: 4096 less the overhead of an skb.
    static constexpr std::uint32_t kReceiveBuffer = 3776;
    static constexpr std::uint32_t kBufferAllocation = 256 * 1024;

    // Starts the device with `receive_buffers` offered. `connects`: in a second; 0: any number.
    explicit VsockGuest(std::size_t receive_buffers = 64, std::uint64_t declined_features = 0,
                        vsock::Timeouts timeouts = {}, std::uint64_t connects = 0);
    ~VsockGuest();
    // Activates the device again, after driver.reset().
    void restart(std::size_t receive_buffers = 64);
    VsockGuest(const VsockGuest&) = delete;
    VsockGuest& operator=(const VsockGuest&) = delete;

    void offer(std::size_t count, std::uint32_t bytes = kReceiveBuffer);

    // How many more buffers can be offered.
    [[nodiscard]] std::size_t not_offered() const { return free_receive_.size(); }

    // Offers a new buffer for each one that comes back.
    bool refill = true;

    // A header from this guest's port to the host's.
    static vsock::Header header(std::uint32_t host_port, std::uint32_t guest_port,
                                vsock::Operation operation, std::uint32_t length = 0);

    // Submits a packet; its bytes are cut into descriptors of these lengths and one with the rest.
    void submit(const vsock::Header& header, std::span<const std::byte> payload = {},
                std::vector<std::uint32_t> cuts = {vsock::kHeaderSize});
    // submit(), kick and settle.
    void send(const vsock::Header& header, std::span<const std::byte> payload = {});
    void kick_transmit();
    // Runs what is due on the loop.
    void settle();

    // The packets that have arrived.
    std::vector<GuestPacket> receive();
    // The next one; a test failure when there is none.
    GuestPacket receive_one();
    // One after another as "Response", "Data 5", "Shutdown 3".
    std::vector<std::string> receive_text();

    // Connects guest_port to host_port and gives the host's end.
    UniqueFd connect(std::uint32_t host_port, std::uint32_t guest_port,
                     std::uint32_t buffer_allocation = kBufferAllocation);

    EventLoop loop;
    FakeStreamHost host;
    DriverFake driver;
    vsock::VsockDevice device;

  private:
    struct Slot {
        memory::GuestAddress address{};
        std::uint32_t bytes = 0;
    };

    void collect();

    std::uint64_t declined_features_;
    std::vector<memory::GuestAddress> free_receive_;
    std::map<std::uint32_t, Slot> offered_;
    std::vector<memory::GuestAddress> transmit_;
    std::size_t next_transmit_ = 0;
    std::vector<GuestPacket> arrived_;
};

std::span<const std::byte> bytes_of(std::string_view text);
// What can be read from the socket now, without waiting.
std::string read_available(int socket);
// Whether the socket gives end-of-file (or an error) now.
bool at_end(int socket);

}  // namespace bulkhead::test
