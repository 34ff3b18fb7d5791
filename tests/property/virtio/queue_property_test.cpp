// Random driver and device operations on a queue against a model of deques: chains come out once,
// in order and with their bytes; every one given back arrives; and neither side ever sleeps on
// work.
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/driver_queue.h"
#include "vmm/virtio/queue.h"

namespace bulkhead::virtio {
namespace {

using test::DriverQueue;
using test::GuestArena;
using test::Used;

constexpr std::uint16_t kSize = 8;

struct Submitted {
    std::uint16_t head = 0;
    std::vector<std::byte> readable;
    std::uint32_t writable = 0;
};

class Model {
  public:
    Model(std::uint64_t features, std::uint16_t start)
        : driver_(arena_, kSize, features),
          device_(*Queue::activate(arena_.memory(), driver_.config(), kSize, features)) {
        driver_.start_at(start);
        device_.restore({.next_available = start, .next_used = start});
        indirect_ = (features & kIndirect) != 0;
    }

    void step(std::uint32_t choice) {
        const std::uint32_t detail = choice >> 8;
        switch (choice % 8) {
            case 0:
            case 1:
            case 2:
                return submit(detail);
            case 3:
                return pop();
            case 4:
                return pop_and_put_back();
            case 5:
                return push_used(detail);
            case 6:
                return ask_interrupt();
            default:
                return collect();
        }
    }

    // Everything that is under way comes to its end.
    void finish() {
        while (!available_.empty()) pop();
        while (!in_flight_.empty()) push_used(0);
        while (!used_.empty()) collect();
        RC_ASSERT(!device_.pop().chain.has_value());
        RC_ASSERT(!driver_.used().has_value());
    }

  private:
    void submit(std::uint32_t detail) {
        const std::uint32_t readable = detail % 4;
        const std::uint32_t writable = detail / 4 % 4;
        const bool indirect = indirect_ && detail / 16 % 2 == 1;
        const std::uint32_t buffers = readable + writable;
        if (buffers == 0 || driver_.free_descriptors() < (indirect ? 1 : buffers)) return;
        Submitted submitted;
        auto chain = driver_.chain();
        if (indirect) chain.indirect();
        for (std::uint32_t i = 0; i < readable; ++i) {
            const std::vector<std::byte> bytes((detail >> 8) % 9, static_cast<std::byte>(++stamp_));
            submitted.readable.insert(submitted.readable.end(), bytes.begin(), bytes.end());
            chain.readable(bytes);
        }
        for (std::uint32_t i = 0; i < writable; ++i) {
            const std::uint32_t length = (detail >> 12) % 9;
            submitted.writable += length;
            chain.writable(length);
        }
        submitted.head = chain.submit().head;
        available_.push_back(submitted);
        // A device that went idle must be woken; a busy one may be.
        const bool kick = driver_.must_kick();
        RC_ASSERT(kick || !device_idle_);
        device_idle_ = false;
    }

    void pop() {
        Queue::Pop popped = device_.pop();
        RC_ASSERT(!popped.broken);
        RC_ASSERT(popped.chain.has_value() == !available_.empty());
        if (!popped.chain) {
            device_idle_ = true;
            return;
        }
        check_chain(*popped.chain, available_.front());
        in_flight_.push_back(available_.front());
        available_.pop_front();
    }

    void pop_and_put_back() {
        if (available_.empty()) return;
        Queue::Pop popped = device_.pop();
        RC_ASSERT(popped.chain.has_value());
        check_chain(*popped.chain, available_.front());
        device_.undo_pop();
    }

    static void check_chain(Chain& chain, const Submitted& expected) {
        RC_ASSERT(chain.head == expected.head);
        RC_ASSERT(chain.writable.remaining() == expected.writable);
        std::vector<std::byte> bytes(chain.readable.remaining());
        RC_ASSERT(chain.readable.read(bytes));
        RC_ASSERT(bytes == expected.readable);
    }

    void push_used(std::uint32_t detail) {
        if (in_flight_.empty()) return;
        const auto which =
            in_flight_.begin() + static_cast<std::ptrdiff_t>(detail % in_flight_.size());
        const Used used{.head = which->head, .length = which->writable};
        device_.push_used(which->head, which->writable);
        in_flight_.erase(which);
        used_.push_back(used);
        interrupt_due_ = interrupt_due_ || driver_waits_;
        pushed_ = true;
    }

    void ask_interrupt() {
        const bool interrupt = device_.should_interrupt();
        RC_ASSERT(pushed_ || !interrupt);
        RC_ASSERT(interrupt || !interrupt_due_);
        interrupt_due_ = false;
        pushed_ = false;
        if (interrupt) driver_waits_ = false;
    }

    // The driver collects one; when there is none it sleeps until an interrupt.
    void collect() {
        const auto used = driver_.used();
        RC_ASSERT(used.has_value() == !used_.empty());
        if (!used) {
            driver_waits_ = true;
            return;
        }
        RC_ASSERT(*used == used_.front());
        used_.pop_front();
        // It is awake and has seen the ring: what was pushed before needs no interrupt.
        if (used_.empty()) interrupt_due_ = false;
    }

    GuestArena arena_;
    DriverQueue driver_;
    Queue device_;
    bool indirect_ = false;
    std::deque<Submitted> available_;
    std::vector<Submitted> in_flight_;
    std::deque<Used> used_;
    std::uint8_t stamp_ = 0;
    bool device_idle_ = false;
    bool driver_waits_ = true;
    bool interrupt_due_ = false;
    bool pushed_ = false;
};

bool holds(std::uint64_t features) {
    return rc::check([features](std::uint16_t start) {
        // Half of the runs cross the 16-bit wrap of the indices.
        const auto near_wrap = static_cast<std::uint16_t>(0xffff - start % 32);
        Model model(features, start % 2 == 0 ? start : near_wrap);
        const auto choices = *rc::gen::container<std::vector<std::uint32_t>>(
            200, rc::gen::resize(100, rc::gen::arbitrary<std::uint32_t>()));
        for (const std::uint32_t choice : choices) model.step(choice);
        model.finish();
    });
}

TEST_CASE("a queue without EVENT_IDX behaves as its model") {
    CHECK(holds(kVersion1));
    CHECK(holds(kVersion1 | kIndirect));
}

TEST_CASE("a queue with EVENT_IDX behaves as its model, and no wake-up is lost") {
    CHECK(holds(kVersion1 | kEventIdx));
    CHECK(holds(kTransportFeatures));
}

}  // namespace
}  // namespace bulkhead::virtio
