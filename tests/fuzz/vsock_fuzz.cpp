// A hostile guest and a busy host, byte by byte a script, through a whole VsockDevice with real
// sockets. Nothing may crash, leak or grow; every step is bounded.
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/syscalls.h"
#include "tests/support/vsock_guest.h"

namespace {

using namespace bulkhead;
using test::VsockGuest;

class Script {
  public:
    explicit Script(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

    [[nodiscard]] bool over() const { return rest_.empty(); }

    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const std::uint8_t value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }

    // Small numbers, and now and then one of any size.
    std::uint32_t number() {
        const std::uint32_t value = byte();
        if (value < 0xf0) return value;
        std::uint32_t large = 0;
        for (std::uint32_t i = 0; i <= value % 4; ++i) large = large << 8 | byte();
        return large;
    }

  private:
    std::span<const std::uint8_t> rest_;
};

class Session {
  public:
    explicit Session(std::span<const std::uint8_t> bytes) : script_(bytes) {}

    void run() {
        for (int steps = 0; steps < 400 && !script_.over(); ++steps) step();
        guest_.settle();
        BULKHEAD_CHECK(guest_.device.stream_count() <= vsock::Muxer::kMaxStreams);
    }

  private:
    void step() {
        switch (script_.byte() % 12) {
            case 0:
                return packet(true);
            case 1:
            case 2:
            case 3:
                return packet(false);
            case 4:
                return guest_.kick_transmit();
            case 5:
                return arrived();
            case 6:
                return offer();
            case 7:
                return open_from_host();
            case 8:
                return host_writes();
            case 9:
                return host_reads();
            case 10:
                return host_ends();
            default:
                return rare();
        }
    }

    // A packet of a stream that may exist, or of anything.
    void packet(bool anything) {
        if (!has_room()) return;
        auto header = VsockGuest::header(1024, script_.byte() % 4,
                                         vsock::Operation(script_.byte() % 9), script_.number());
        if (script_.byte() % 4 == 0 && last_host_port_ != 0) {
            header.destination_port = last_host_port_;
            header.source_port = 77;
        }
        header.flags = script_.byte();
        header.buffer_allocation = script_.number();
        header.forward_count = script_.number();
        if (anything) {
            header.source_cid = script_.number();
            header.destination_cid = script_.number();
            header.type = script_.byte();
        }
        const std::size_t payload = std::min<std::size_t>(
            script_.byte() % 8 == 0 ? script_.number() : header.length, vsock::kMaxPayload);
        guest_.submit(header, std::vector<std::byte>(payload),
                      {script_.byte() % 64U, script_.number()});
        if (script_.byte() % 2 == 0) guest_.kick_transmit();
        keep_opened();
    }

    // Descriptors for one more packet; a broken device gives none back.
    bool has_room() {
        auto& queue = guest_.driver.queue(1);
        if (queue.free_descriptors() < 8) guest_.kick_transmit();
        while (queue.used()) {
        }
        return queue.free_descriptors() >= 8;
    }

    void keep_opened() {
        for (auto& [port, socket] : guest_.host.opened) sockets_.push_back(std::move(socket));
        guest_.host.opened.clear();
    }

    void arrived() {
        for (const auto& packet : guest_.receive()) {
            BULKHEAD_CHECK(packet.header.source_cid == protocol::kHostCid ||
                           packet.header.operation == vsock::Operation::Reset);
            if (packet.header.operation == vsock::Operation::Request) {
                last_host_port_ = packet.header.source_port;
            }
        }
        guest_.refill = script_.byte() % 2 == 0;
    }

    void offer() {
        const std::size_t count = script_.byte() % 16;
        guest_.offer(std::min(count, guest_.not_offered()), 1 + script_.number() % 4096);
    }

    void open_from_host() {
        auto pair = make_socketpair(SOCK_STREAM);
        if (!pair) return;
        sockets_.push_back(std::move(pair->first));
        guest_.device.open_stream(77, std::move(pair->second));
    }

    int socket() {
        return sockets_.empty() ? -1 : sockets_[script_.byte() % sockets_.size()].get();
    }

    void host_writes() {
        const std::vector<std::byte> bytes(script_.number() % 100'000);
        static_cast<void>(
            ::send(socket(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    }

    void host_reads() { static_cast<void>(test::read_available(socket())); }

    void host_ends() {
        const std::uint8_t how = script_.byte();
        if (how % 4 != 3) {
            ::shutdown(socket(), how % 4);
        } else if (!sockets_.empty()) {
            sockets_.erase(sockets_.begin() + how % static_cast<int>(sockets_.size()));
        }
    }

    void rare() {
        switch (script_.byte() % 8) {
            case 0:
                guest_.host.accepts = !guest_.host.accepts;
                break;
            case 1:
                return start_anew();
            case 2:
                guest_.driver.kick(script_.byte() % 3);
                break;
            case 3:
                return break_ring();
            default:
                guest_.settle();
                break;
        }
    }

    void start_anew() {
        guest_.driver.reset();
        BULKHEAD_CHECK(guest_.device.stream_count() == 0);
        guest_.restart(script_.byte() % 64);
    }

    // Buffers twice, or an index that cannot be; the driver cannot make sense of what comes back.
    void break_ring() {
        const std::uint16_t queue = script_.byte() % 2;
        guest_.driver.queue(queue).set_available_index(
            static_cast<std::uint16_t>(script_.number()));
        host_writes();
        guest_.driver.kick(queue);
        guest_.settle();
        start_anew();
    }

    Script script_;
    VsockGuest guest_{8};
    std::vector<UniqueFd> sockets_;
    std::uint32_t last_host_port_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Session(std::span(data, size)).run();
    return 0;
}
