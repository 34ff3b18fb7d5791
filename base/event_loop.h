// EventLoop: waits for descriptors, timers and posted work, and runs their callbacks on the one
// thread that called run(). The only user of Boost.Asio is event_loop.cpp.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/result.h"

namespace bulkhead {

class EventLoop {
  public:
    enum class Interest { Read, Write };

    class Registration;  // implementation, in the .cpp

    // Keeps a watch or a timer alive; its callback never runs after this is destroyed or reset.
    // Destroy on the loop thread (or when the loop is not running).
    class [[nodiscard]] Handle {
      public:
        Handle() = default;
        explicit Handle(std::shared_ptr<Registration> registration);
        Handle(Handle&&) noexcept;
        Handle& operator=(Handle&&) noexcept;
        Handle(const Handle&) = delete;
        Handle& operator=(const Handle&) = delete;
        ~Handle();

        void reset();
        [[nodiscard]] bool active() const;

      private:
        std::shared_ptr<Registration> registration_;
    };

    class WaiterState;  // implementation, in the .cpp

    // Waits on one descriptor, for one readiness at a time. Made once for a descriptor that is
    // often not wanted (no room for its data, no credit): not armed, it costs nothing and never
    // spins. Destroy on the loop thread (or when the loop is not running); its callback never runs
    // afterwards.
    class [[nodiscard]] Waiter {
      public:
        Waiter() = default;
        explicit Waiter(std::shared_ptr<WaiterState> state);
        Waiter(Waiter&&) noexcept;
        Waiter& operator=(Waiter&&) noexcept;
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        ~Waiter();

        // The next readiness for `interest` calls back once; nothing new when armed already.
        void arm(Interest interest);
        void reset();

      private:
        std::shared_ptr<WaiterState> state_;
    };

    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // Calls `on_ready` each time `fd` is ready (level-triggered), until the handle is destroyed.
    // Errors and hang-ups count as ready. The caller keeps `fd` open for as long as the handle
    // lives. One handle for each fd and loop; give a second interest its own duplicate of the
    // descriptor. Thread: loop.
    Handle watch(int fd, Interest interest, std::function<void()> on_ready);

    // As watch(), for either interest, and only when armed. It is this descriptor's only handle.
    Waiter waiter(int fd, std::function<void(Interest)> on_ready);

    // Calls `on_time` once, after `delay`. Thread: loop.
    Handle after(std::chrono::nanoseconds delay, std::function<void()> on_time);

    // Runs `work` on the loop thread soon. Thread: any.
    void post(std::function<void()> work);

    // Runs `work` on the loop thread and returns when it has finished; at once when already there.
    // The loop must be running. Thread: any that holds no lock that `work` needs.
    void run_and_wait(const std::function<void()>& work);

    // Runs callbacks until stop(). Thread: becomes the loop thread.
    void run();

    // Runs the callbacks that are due now, without waiting, and gives their number. For tests and
    // for a caller with a loop of its own.
    std::size_t poll();

    // Makes run() return after the current callback. Thread: any.
    void stop();

    [[nodiscard]] bool on_loop_thread() const;

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace bulkhead
