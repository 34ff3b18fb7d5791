// Any accesses to the console's and the reset line's ports, over the bus, with a reader of the
// console that reads now and then: no byte is lost without being counted, and what is kept is
// bounded.
//
// Each access takes four bytes: kind and width, port, and two of the value. The kind may be a turn
// of the reader instead.
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/event_loop.h"
#include "base/syscalls.h"
#include "vmm/bus/bus.h"
#include "vmm/bus/console_output.h"
#include "vmm/bus/i8042.h"
#include "vmm/bus/panic_watch.h"
#include "vmm/bus/uart_16550.h"

namespace {

using namespace bulkhead;

constexpr std::uint64_t kConsolePort = 0x3f8;
constexpr std::uint64_t kResetPort = 0x60;

class Machine {
  public:
    Machine() {
        auto pipe = make_pipe();
        BULKHEAD_CHECK(pipe && set_nonblocking(pipe->first.get()) &&
                       set_nonblocking(pipe->second.get()));
        reader_ = std::move(pipe->first);
        console_.emplace(loop_, std::move(pipe->second));
        BULKHEAD_CHECK(ports_.add({kConsolePort, bus::Uart16550::kRegisters}, uart_));
        BULKHEAD_CHECK(ports_.add(bus::I8042::kPorts, keyboard_));
    }

    void access(bool is_write, std::uint64_t port, std::span<std::byte> data) {
        if (is_write) {
            ports_.write(port, data);
        } else {
            ports_.read(port, data);
        }
    }

    void read_console() {
        console_->flush();
        loop_.poll();
        std::array<std::byte, 4096> bytes{};
        const ssize_t count = ::read(reader_.get(), bytes.data(), bytes.size());
        if (count > 0) received_ += static_cast<std::uint64_t>(count);
    }

    void finish() {
        const std::uint64_t before = received_;
        do {
            read_console();
        } while (received_ != before && received_ + console_->dropped() < printed_);
        console_->finish();
        read_console();
        BULKHEAD_CHECK(received_ + console_->dropped() <= printed_);
        BULKHEAD_CHECK(panic_.message().size() <= bus::PanicWatch::kMaxLine);
    }

  private:
    void print(std::byte byte) {
        ++printed_;
        panic_.put(byte);
        console_->put(byte);
    }

    EventLoop loop_;
    UniqueFd reader_;
    std::optional<bus::ConsoleOutput> console_;
    bus::PanicWatch panic_;
    std::uint64_t printed_ = 0;
    std::uint64_t received_ = 0;
    bus::Uart16550 uart_{{.sink = [this](std::byte byte) { print(byte); }, .raise = [] {}}};
    bus::I8042 keyboard_{[] {}};
    bus::Bus ports_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Machine machine;
    for (std::span<const std::uint8_t> rest(data, size); rest.size() >= 4; rest = rest.subspan(4)) {
        if (rest[0] >= 0xf0) {
            machine.read_console();
            continue;
        }
        const std::uint64_t base = (rest[0] & 0x40) != 0 ? kResetPort : kConsolePort;
        std::array<std::byte, 8> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte{rest[2 + i % 2]};
        const std::size_t width = std::size_t{1} << (rest[0] >> 1) % 4;
        machine.access((rest[0] & 1) != 0, base - 4 + rest[1] % 16, std::span(bytes).first(width));
    }
    machine.finish();
    return 0;
}
