// Whatever the sizes and the order of what host and guest do, each stream's bytes arrive whole and
// in order, and the guest never sees more than its credit or its packet ceiling allows. Limits that
// come and go change nothing of that.
#include <rapidcheck.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/vsock_guest.h"
#include "tests/support/vsock_socket.h"
#include "vmm/vsock/credit.h"

namespace bulkhead::vsock {

namespace {

using test::GuestSocket;
using test::VsockGuest;

constexpr std::uint32_t kStreams = 3;

enum class Verb {
    HostWrites,
    HostWritesPieces,
    HostReads,
    GuestWrites,
    GuestReads,
    GuestBuffer,
    GuestLooks,
    OfferBuffers,
    ToggleRefill,
    Limit,
};

struct Step {
    Verb verb{};
    std::uint32_t stream = 0;
    std::uint32_t amount = 0;
};

void showValue(const Step& step, std::ostream& out) {
    out << static_cast<int>(step.verb) << ":" << step.stream << ":" << step.amount;
}

rc::Gen<Step> any_step() {
    return rc::gen::build<Step>(
        rc::gen::set(&Step::verb,
                     rc::gen::map(rc::gen::inRange(0, 10), [](int i) { return Verb(i); })),
        rc::gen::set(&Step::stream, rc::gen::inRange<std::uint32_t>(0, kStreams)),
        rc::gen::set(&Step::amount,
                     rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(1, 64),
                                    rc::gen::inRange<std::uint32_t>(64, 5000),
                                    rc::gen::inRange<std::uint32_t>(5000, 300'000))));
}

// One direction's bytes: a counter pattern, so that a gap, a repeat or a swap shows at once.
class Pattern {
  public:
    std::vector<std::byte> take(std::size_t count) const {
        std::vector<std::byte> bytes(count);
        for (std::size_t i = 0; i < count; ++i) bytes[i] = at(sent_ + i);
        return bytes;
    }

    void sent(std::size_t count) { sent_ += count; }

    void check(std::span<const std::byte> bytes) {
        for (const std::byte byte : bytes) RC_ASSERT(byte == at(received_++));
    }

    [[nodiscard]] bool complete() const { return sent_ == received_; }

  private:
    static std::byte at(std::size_t position) { return std::byte((position * 2654435761U) >> 13); }

    std::size_t sent_ = 0;
    std::size_t received_ = 0;
};

class Model {
  public:
    Model() {
        for (std::uint32_t port = 0; port < kStreams; ++port) {
            Line& line = lines_.emplace_back(guest_, port);
            line.host = line.socket.connect();
        }
    }

    void run(const Step& step) {
        Line& line = lines_[step.stream];
        switch (step.verb) {
            case Verb::HostWrites:
                host_writes(line, step.amount);
                break;
            case Verb::HostWritesPieces:
                for (int i = 0; i < 100; ++i) {
                    host_writes(line, 1 + step.amount % 50);
                    guest_.settle();
                }
                break;
            case Verb::HostReads:
                host_reads(line, step.amount);
                break;
            case Verb::GuestWrites:
                guest_writes(line, step.amount);
                break;
            case Verb::GuestReads:
                line.to_guest.check(line.socket.read(step.amount));
                break;
            case Verb::GuestBuffer:
                // Takes in first what was sent by the old size.
                look();
                line.socket.set_buffer(128 + step.amount);
                break;
            case Verb::GuestLooks:
                look();
                break;
            case Verb::OfferBuffers:
                guest_.offer(std::min<std::size_t>(step.amount % 16, guest_.not_offered()));
                break;
            case Verb::ToggleRefill:
                guest_.refill = !guest_.refill;
                break;
            case Verb::Limit:
                // So low that a step or two uses it up; the rest of them wait.
                guest_.device.set_limit({.bytes = step.amount % 3 * 1000, .operations = 0});
                break;
        }
        guest_.settle();
    }

    // Everything that was written arrives in a bounded number of rounds.
    void finish() {
        guest_.device.set_limit({});
        guest_.refill = true;
        guest_.offer(std::min<std::size_t>(32, guest_.not_offered()));
        for (int round = 0; round < 3'000 && !complete(); ++round) {
            look();
            for (Line& line : lines_) {
                line.to_guest.check(line.socket.read(1 << 20));
                host_reads(line, 1 << 20);
            }
        }
        RC_ASSERT(complete());
    }

  private:
    struct Line {
        Line(VsockGuest& guest, std::uint32_t port) : socket(guest, 2000, port) {}

        GuestSocket socket;
        UniqueFd host;
        Pattern to_guest;
        Pattern to_host;
    };

    // Until nothing arrives any more: an answer of the guest's may let more through.
    void look() {
        while (true) {
            const auto packets = guest_.receive();
            if (packets.empty()) return;
            for (const auto& packet : packets) {
                Line& line = lines_[packet.header.destination_port];
                line.socket.on_packet(packet);
                RC_ASSERT(line.socket.fault() == "");
                RC_ASSERT(!line.socket.was_reset());
            }
        }
    }

    static void host_writes(Line& line, std::size_t amount) {
        const auto bytes = line.to_guest.take(amount);
        const ssize_t count = ::send(line.host.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count > 0) line.to_guest.sent(static_cast<std::size_t>(count));
    }

    static void host_reads(Line& line, std::size_t amount) {
        std::vector<std::byte> bytes(amount);
        const ssize_t count = ::recv(line.host.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count > 0) line.to_host.check(std::span(bytes).first(static_cast<std::size_t>(count)));
    }

    static void guest_writes(Line& line, std::size_t amount) {
        line.to_host.sent(line.socket.send(line.to_host.take(amount)));
    }

    [[nodiscard]] bool complete() const {
        return std::ranges::all_of(lines_, [](const Line& line) {
            return line.to_guest.complete() && line.to_host.complete();
        });
    }

    VsockGuest guest_{16};
    std::deque<Line> lines_;
};

TEST_CASE("bytes in are bytes out, within credit, in any interleaving") {
    CHECK(rc::check([] {
        const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
        Model model;
        for (const Step& step : steps) model.run(step);
        model.finish();
    }));
}

// SendCredit against the plain definition with unbounded integers.
TEST_CASE("credit is the guest's buffer less what is under way, and never below nothing") {
    CHECK(rc::check([](const std::vector<std::pair<std::uint32_t, std::uint32_t>>& updates) {
        SendCredit credit;
        std::uint64_t sent = 0;
        std::uint64_t consumed = 0;
        for (const auto& [buffer, progress] : updates) {
            consumed += sent == consumed ? 0 : progress % (sent - consumed + 1);
            credit.update(buffer, static_cast<std::uint32_t>(consumed));
            const std::uint64_t under_way = sent - consumed;
            RC_ASSERT(credit.bytes() == (buffer > under_way ? buffer - under_way : 0));
            if (!credit.any()) continue;
            const std::uint32_t bytes = 1 + progress % credit.bytes();
            credit.sent(bytes);
            sent += bytes;
        }
    }));
}

}  // namespace

}  // namespace bulkhead::vsock
