#include "host/engine/input.h"

#include <span>
#include <utility>
#include <vector>

namespace bulkhead::engine {

namespace {

using Transfer = sandbox::StreamEnd::Transfer;

constexpr int kStepsPerTurn = 16;

}  // namespace

Result<void> Input::connect(UniqueFd stream) {
    sink_ = TRY(sandbox::StreamEnd::of_socket(std::move(stream)));
    sink_ready_ = loop_.waiter(sink_->fd(), [this](EventLoop::Interest) { run(); });
    run_soon();
    return {};
}

Result<void> Input::attach(UniqueFd client) {
    if (stopped_) return {};  // it is closed, and the client sees that
    clients_.push_back(TRY(sandbox::StreamEnd::of_socket(std::move(client))));
    if (clients_.size() == 1) next_client();
    run_soon();
    return {};
}

void Input::next_client() {
    client_ready_.reset();
    if (clients_.empty()) return;
    client_ready_ = loop_.waiter(clients_.front().fd(), [this](EventLoop::Interest) { run(); });
}

void Input::run_soon() {
    soon_ = loop_.after(std::chrono::nanoseconds(0), [this] { run(); });
}

void Input::run() {
    for (int i = 0; i < kStepsPerTurn; ++i) {
        if (stopped_ || !sink_) return;
        const Step done = step();
        if (done == Step::Waiting) return;
        if (done == Step::Ended) return stop();
    }
    run_soon();
}

Input::Step Input::step() {
    if (pending_ > 0) {
        const Transfer written = sink_->write(buffer_.bytes().subspan(start_, pending_));
        if (written.kind == Transfer::Kind::WouldBlock) {
            sink_ready_.arm(EventLoop::Interest::Write);
            return Step::Waiting;
        }
        if (written.kind != Transfer::Kind::Moved) return Step::Ended;  // nobody reads it
        start_ += written.count;
        pending_ -= written.count;
        return Step::Moved;
    }
    if (clients_.empty()) return Step::Waiting;
    const Transfer read = clients_.front().read(buffer_.bytes());
    if (read.kind == Transfer::Kind::WouldBlock) {
        client_ready_.arm(EventLoop::Interest::Read);
        return Step::Waiting;
    }
    if (read.kind == Transfer::Kind::Moved) {
        start_ = 0;
        pending_ = read.count;
        count_ += read.count;
        return Step::Moved;
    }
    client_ready_.reset();
    clients_.pop_front();
    if (once_) return Step::Ended;
    next_client();
    return Step::Moved;
}

// The socket stays: it carries the end of file to the guest.
void Input::stop() {
    stopped_ = true;
    client_ready_.reset();
    sink_ready_.reset();
    clients_.clear();
    if (sink_) sink_->finish_writing();
}

}  // namespace bulkhead::engine
