#include "host/sandbox/stream_pump.h"

namespace bulkhead::sandbox {

namespace {

// Buffers copied in one go before other work of the loop gets its turn.
constexpr int kStepsPerTurn = 32;

}  // namespace

StreamPump::StreamPump(EventLoop& loop, StreamEnd source, StreamEnd sink,
                       std::function<void()> on_done)
    : loop_(loop),
      source_(std::move(source)),
      sink_(std::move(sink)),
      on_done_(std::move(on_done)),
      buffer_(kBufferBytes + kFilterRoom) {
    run_soon();
}

void StreamPump::run_soon() {
    waiting_ = Waiting::Nothing;
    wait_ = loop_.after(std::chrono::nanoseconds(0), [this] { run(); });
}

void StreamPump::run() {
    for (int i = 0; i < kStepsPerTurn; ++i) {
        const Progress progress = step();
        if (progress == Progress::Waiting) return;
        if (progress == Progress::Done) {
            finish();  // may destroy this object
            return;
        }
    }
    run_soon();
}

StreamPump::Progress StreamPump::step() {
    return pending_ == 0 ? fill() : drain();
}

StreamPump::Progress StreamPump::fill() {
    const auto read = source_.read(buffer_.bytes().first(kBufferBytes));
    if (read.kind == StreamEnd::Transfer::Kind::WouldBlock) return wait_for(Waiting::Source);
    // A source that fails is at its end: a terminal that hung up, a guest that reset its stream.
    if (read.kind != StreamEnd::Transfer::Kind::Moved) return Progress::Done;
    start_ = 0;
    pending_ = filter_ ? filter_(buffer_.bytes(), read.count) : read.count;
    return Progress::More;
}

StreamPump::Progress StreamPump::drain() {
    const auto written = sink_.write(buffer_.bytes().subspan(start_, pending_));
    if (written.kind == StreamEnd::Transfer::Kind::WouldBlock) return wait_for(Waiting::Sink);
    if (written.kind != StreamEnd::Transfer::Kind::Moved) {
        sink_failed_ = true;
        return Progress::Done;
    }
    start_ += written.count;
    pending_ -= written.count;
    count_ += written.count;
    return Progress::More;
}

StreamPump::Progress StreamPump::wait_for(Waiting what) {
    if (waiting_ == what) return Progress::Waiting;  // the watch is still there
    // The old watch goes before the new one comes: a loop takes a descriptor once.
    wait_.reset();
    waiting_ = what;
    wait_ = what == Waiting::Source
                ? loop_.watch(source_.fd(), EventLoop::Interest::Read, [this] { run(); })
                : loop_.watch(sink_.fd(), EventLoop::Interest::Write, [this] { run(); });
    return Progress::Waiting;
}

void StreamPump::finish() {
    wait_.reset();
    sink_.finish_writing();
    // The owner closes both ends by destroying this: then a guest that still writes to a reader
    // that is gone gets its EPIPE. The function must outlive its own call.
    const auto on_done = std::move(on_done_);
    on_done();
}

}  // namespace bulkhead::sandbox
