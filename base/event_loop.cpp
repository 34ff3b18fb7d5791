#include "base/event_loop.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace bulkhead {

namespace asio = boost::asio;

class EventLoop::Implementation {
  public:
    // One hint: a single thread runs the loop, so Asio may drop most of its locking; post() from
    // other threads still needs the rest.
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::atomic<std::thread::id> loop_thread;
};

class EventLoop::Registration {
  public:
    virtual ~Registration() = default;
    // The callback must not run any more, even if its completion is already queued.
    virtual void cancel() = 0;

    Registration() = default;
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
};

namespace {

class FdWatch final : public EventLoop::Registration, public std::enable_shared_from_this<FdWatch> {
  public:
    FdWatch(asio::io_context& context, int fd, EventLoop::Interest interest,
            std::function<void()> on_ready)
        : descriptor_(context, fd),
          wait_(interest == EventLoop::Interest::Read ? asio::posix::descriptor_base::wait_read
                                                      : asio::posix::descriptor_base::wait_write),
          on_ready_(std::move(on_ready)) {}

    FdWatch(const FdWatch&) = delete;
    FdWatch& operator=(const FdWatch&) = delete;

    ~FdWatch() override { release(); }

    void arm() {
        descriptor_.async_wait(wait_,
                               [self = shared_from_this()](const boost::system::error_code& error) {
                                   if (error || self->cancelled_) return;
                                   self->on_ready_();
                                   if (!self->cancelled_) self->arm();
                               });
    }

    void cancel() override {
        cancelled_ = true;
        release();
    }

  private:
    // Asio would close the descriptor, which is the caller's.
    void release() {
        if (descriptor_.is_open()) static_cast<void>(descriptor_.release());
    }

    asio::posix::stream_descriptor descriptor_;
    asio::posix::descriptor_base::wait_type wait_;
    std::function<void()> on_ready_;
    bool cancelled_ = false;
};

class Timer final : public EventLoop::Registration, public std::enable_shared_from_this<Timer> {
  public:
    Timer(asio::io_context& context, std::chrono::nanoseconds delay, std::function<void()> on_time)
        : timer_(context, std::chrono::duration_cast<asio::steady_timer::duration>(delay)),
          on_time_(std::move(on_time)) {}

    void arm() {
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && !self->cancelled_) self->on_time_();
        });
    }

    void cancel() override {
        cancelled_ = true;
        timer_.cancel();
    }

  private:
    asio::steady_timer timer_;
    std::function<void()> on_time_;
    bool cancelled_ = false;
};

}  // namespace

class EventLoop::WaiterState : public std::enable_shared_from_this<WaiterState> {
  public:
    WaiterState(asio::io_context& context, int fd, std::function<void(Interest)> on_ready)
        : descriptor_(context, fd), on_ready_(std::move(on_ready)) {}

    WaiterState(const WaiterState&) = delete;
    WaiterState& operator=(const WaiterState&) = delete;

    ~WaiterState() { cancel(); }

    void arm(Interest interest) {
        bool& armed = interest == Interest::Read ? read_armed_ : write_armed_;
        if (std::exchange(armed, true)) return;
        const auto wait = interest == Interest::Read ? asio::posix::descriptor_base::wait_read
                                                     : asio::posix::descriptor_base::wait_write;
        descriptor_.async_wait(wait, [self = shared_from_this(), interest,
                                      &armed](const boost::system::error_code& error) {
            if (error || self->cancelled_) return;
            armed = false;
            self->on_ready_(interest);
        });
    }

    void cancel() {
        cancelled_ = true;
        if (descriptor_.is_open()) static_cast<void>(descriptor_.release());
    }

  private:
    asio::posix::stream_descriptor descriptor_;
    std::function<void(Interest)> on_ready_;
    bool read_armed_ = false;
    bool write_armed_ = false;
    bool cancelled_ = false;
};

EventLoop::Waiter::Waiter(std::shared_ptr<WaiterState> state) : state_(std::move(state)) {}

EventLoop::Waiter::Waiter(Waiter&&) noexcept = default;

EventLoop::Waiter& EventLoop::Waiter::operator=(Waiter&& other) noexcept {
    if (this != &other) {
        reset();
        state_ = std::move(other.state_);
    }
    return *this;
}

EventLoop::Waiter::~Waiter() {
    reset();
}

void EventLoop::Waiter::arm(Interest interest) {
    state_->arm(interest);
}

void EventLoop::Waiter::reset() {
    if (state_ == nullptr) return;
    state_->cancel();
    state_.reset();
}

EventLoop::Handle::Handle(std::shared_ptr<Registration> registration)
    : registration_(std::move(registration)) {}

EventLoop::Handle::Handle(Handle&&) noexcept = default;

EventLoop::Handle& EventLoop::Handle::operator=(Handle&& other) noexcept {
    if (this != &other) {
        reset();
        registration_ = std::move(other.registration_);
    }
    return *this;
}

EventLoop::Handle::~Handle() {
    reset();
}

void EventLoop::Handle::reset() {
    if (registration_ == nullptr) return;
    registration_->cancel();
    registration_.reset();
}

bool EventLoop::Handle::active() const {
    return registration_ != nullptr;
}

EventLoop::EventLoop() : implementation_(std::make_unique<Implementation>()) {}

EventLoop::~EventLoop() = default;

EventLoop::Handle EventLoop::watch(int fd, Interest interest, std::function<void()> on_ready) {
    auto watch =
        std::make_shared<FdWatch>(implementation_->context, fd, interest, std::move(on_ready));
    watch->arm();
    return Handle(std::move(watch));
}

EventLoop::Waiter EventLoop::waiter(int fd, std::function<void(Interest)> on_ready) {
    return Waiter(std::make_shared<WaiterState>(implementation_->context, fd, std::move(on_ready)));
}

EventLoop::Handle EventLoop::after(std::chrono::nanoseconds delay, std::function<void()> on_time) {
    auto timer = std::make_shared<Timer>(implementation_->context, delay, std::move(on_time));
    timer->arm();
    return Handle(std::move(timer));
}

void EventLoop::post(std::function<void()> work) {
    asio::post(implementation_->context, std::move(work));
}

void EventLoop::run_and_wait(const std::function<void()>& work) {
    if (on_loop_thread()) {
        work();
        return;
    }
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false;
    post([&] {
        work();
        // Notified under the lock: `finished` lives on the waiter's stack, which must not unwind
        // first.
        const std::scoped_lock lock(mutex);
        done = true;
        finished.notify_one();
    });
    std::unique_lock lock(mutex);
    finished.wait(lock, [&] { return done; });
}

void EventLoop::run() {
    implementation_->loop_thread = std::this_thread::get_id();
    implementation_->context.restart();
    implementation_->context.run();
    implementation_->loop_thread = std::thread::id();
}

std::size_t EventLoop::poll() {
    const auto previous = implementation_->loop_thread.exchange(std::this_thread::get_id());
    implementation_->context.restart();
    const std::size_t count = implementation_->context.poll();
    implementation_->loop_thread = previous;
    return count;
}

void EventLoop::stop() {
    implementation_->context.stop();
}

bool EventLoop::on_loop_thread() const {
    return implementation_->loop_thread.load() == std::this_thread::get_id();
}

}  // namespace bulkhead
