#include "tests/support/device_script.h"

#include <array>
#include <vector>

#include "base/check.h"
#include "base/wire.h"
#include "tests/support/mmio_driver.h"

namespace bulkhead::test {

namespace {

class Script {
  public:
    Script(GuestArena& arena, EventLoop& loop, virtio::MmioTransport& transport,
           std::span<const std::byte> bytes)
        : arena_(arena), driver_(arena, loop, transport), bytes_(bytes) {}

    void run() {
        while (const auto operation = bytes_.read<std::uint8_t>()) {
            if (!perform(*operation)) return;
        }
    }

  private:
    template <class T>
    bool read(T& value) {
        const auto found = bytes_.read<T>();
        value = found.value_or(T{});
        return found.has_value();
    }

    bool perform(std::uint8_t operation) {
        switch (operation) {
            case 0:
            case 1:
                return access_register(operation == 0);
            case 2:
                return access_config();
            case 3:
                return write_descriptor();
            case 4:
            case 5:
            case 6:
                return use_queue(operation);
            case 7:
                return write_memory();
            case 8:
                return bring_up();
            case 9:
                driver_.reset();
                started_ = false;
                return true;
            default:
                driver_.settle();
                return true;
        }
    }

    bool access_register(bool is_write) {
        std::uint16_t offset = 0;
        std::uint32_t value = 0;
        if (!read(offset) || (is_write && !read(value))) return false;
        offset = static_cast<std::uint16_t>(offset % virtio::MmioTransport::kWindowBytes);
        if (is_write) {
            driver_.write(offset, value);
        } else {
            static_cast<void>(driver_.read(offset));
        }
        return true;
    }

    bool access_config() {
        std::uint8_t offset = 0;
        std::uint8_t width = 0;
        if (!read(offset) || !read(width)) return false;
        std::array<std::byte, 8> bytes{};
        const auto part = std::span(bytes).first(width % (bytes.size() + 1));
        driver_.access(0x100 + offset, part, (width & 0x80) != 0);
        return true;
    }

    // The driver's side of a queue, if it was set up.
    DriverQueue* queue(std::uint8_t index) {
        if (!started_) return nullptr;
        return &driver_.queue(index % queues_);
    }

    bool write_descriptor() {
        std::uint8_t index = 0;
        std::uint8_t slot = 0;
        std::uint8_t flags = 0;
        std::uint8_t next = 0;
        std::uint32_t address = 0;
        virtio::Descriptor descriptor;
        if (!read(index) || !read(slot) || !read(address) || !read(descriptor.length) ||
            !read(flags) || !read(next)) {
            return false;
        }
        descriptor.address = place(address);
        descriptor.flags = flags;
        descriptor.next = next;
        if (auto* const found = queue(index)) {
            found->write_descriptor(static_cast<std::uint16_t>(slot % found->size()), descriptor);
        }
        return true;
    }

    // Mostly RAM; with the top bit far above it.
    static std::uint64_t place(std::uint32_t address) {
        if ((address & 0x8000'0000) != 0) return std::uint64_t{address} << 20;
        return address % (GuestArena::kLowBytes + 0x1000);
    }

    bool use_queue(std::uint8_t operation) {
        std::uint8_t index = 0;
        std::uint8_t head = 0;
        std::uint16_t available = 0;
        if (!read(index) || (operation == 4 && !read(head)) ||
            (operation == 5 && !read(available))) {
            return false;
        }
        if (operation == 6) {
            driver_.kick(index);
            return true;
        }
        auto* const found = queue(index);
        if (found == nullptr) return true;
        if (operation == 4) found->make_available(head);
        if (operation == 5) found->set_available_index(available);
        return true;
    }

    bool write_memory() {
        std::uint32_t address = 0;
        std::uint8_t length = 0;
        if (!read(address) || !read(length)) return false;
        const auto content = bytes_.take(length);
        if (!content) return false;
        static_cast<void>(
            arena_.memory().write_bytes(memory::GuestAddress{place(address)}, *content));
        return true;
    }

    bool bring_up() {
        std::uint64_t declined = 0;
        if (!read(declined)) return false;
        driver_.start(declined & ~virtio::kVersion1);
        started_ = true;
        queues_ = driver_.queue_count();
        return true;
    }

    GuestArena& arena_;
    MmioDriver driver_;
    ByteReader bytes_;
    bool started_ = false;
    std::size_t queues_ = 0;
};

}  // namespace

void run_device_script(GuestArena& arena, EventLoop& loop, virtio::VirtioDevice& device,
                       std::span<const std::byte> script) {
    auto transport = virtio::MmioTransport::create(arena.memory(), loop, device);
    BULKHEAD_CHECK(transport.ok());
    Script(arena, loop, **transport, script).run();
}

}  // namespace bulkhead::test
