#include "host/engine/output.h"

#include <algorithm>
#include <utility>

namespace bulkhead::engine {

namespace {

using Transfer = sandbox::StreamEnd::Transfer;

constexpr std::size_t kBufferBytes = 64 * 1024;
// Buffers copied in one go before other work of the loop gets its turn.
constexpr int kStepsPerTurn = 16;

}  // namespace

struct Output::Client {
    sandbox::StreamEnd end;
    EventLoop::Waiter ready;
    std::size_t taken = 0;  // of the bytes that are pending
    bool gone = false;
};

Output::Output(EventLoop& loop, Log log, std::function<void()> on_ended)
    : loop_(loop), log_(std::move(log)), on_ended_(std::move(on_ended)), buffer_(kBufferBytes) {}

Output::~Output() = default;

Result<void> Output::connect(UniqueFd stream) {
    source_ = TRY(sandbox::StreamEnd::of_socket(std::move(stream)));
    source_ready_ = loop_.waiter(source_->fd(), [this](EventLoop::Interest) { run(); });
    run_soon();
    return {};
}

void Output::give_up() {
    if (!connected() && !ended_) end();
}

void Output::close() {
    if (!ended_) end();
}

Result<void> Output::attach(UniqueFd client) {
    auto end = TRY(sandbox::StreamEnd::of_socket(std::move(client)));
    if (ended_) return {};  // it sees the end at once
    auto added = std::make_unique<Client>(Client{std::move(end), {}, pending_, false});
    added->ready = loop_.waiter(added->end.fd(), [this](EventLoop::Interest) { run(); });
    clients_.push_back(std::move(added));
    return {};
}

void Output::run_soon() {
    soon_ = loop_.after(std::chrono::nanoseconds(0), [this] { run(); });
}

void Output::run() {
    for (int i = 0; i < kStepsPerTurn; ++i) {
        if (ended_ || !step()) return;
    }
    run_soon();
}

bool Output::step() {
    return pending_ == 0 ? fill() : drain();
}

bool Output::fill() {
    if (!source_) return false;
    const Transfer read = source_->read(buffer_.bytes());
    if (read.kind == Transfer::Kind::WouldBlock) {
        source_ready_.arm(EventLoop::Interest::Read);
        return false;
    }
    if (read.kind != Transfer::Kind::Moved) {  // a stream that fails is at its end
        end();
        return false;
    }
    pending_ = read.count;
    count_ += read.count;
    for (const auto& client : clients_) client->taken = 0;
    log_(buffer_.bytes().first(pending_));
    return true;
}

bool Output::drain() {
    bool waits = false;
    for (const auto& client : clients_) {
        while (!client->gone && client->taken < pending_) {
            const Transfer written =
                client->end.write(buffer_.bytes().first(pending_).subspan(client->taken));
            if (written.kind == Transfer::Kind::WouldBlock) {
                client->ready.arm(EventLoop::Interest::Write);
                waits = true;
                break;
            }
            client->gone = written.kind != Transfer::Kind::Moved;
            client->taken += written.count;
        }
    }
    std::erase_if(clients_, [](const auto& client) { return client->gone; });
    if (!waits) pending_ = 0;
    return !waits;
}

void Output::end() {
    ended_ = true;
    source_ready_.reset();
    source_.reset();
    clients_.clear();  // each sees the end
    const auto on_ended = std::move(on_ended_);
    on_ended();
}

}  // namespace bulkhead::engine
