#include "guest-agent/stdio/process_streams.h"

#include <fcntl.h>

#include <algorithm>

#include "base/syscalls.h"

namespace bulkhead::agent {
namespace {

constexpr std::size_t kInput = 0;
constexpr std::size_t kOutput = 1;

}  // namespace

Result<std::array<UniqueFd, 3>> ProcessStreams::make_pipes() {
    return make_pipes({host_[0].valid(), host_[1].valid(), host_[2].valid()});
}

Result<std::array<UniqueFd, 3>> ProcessStreams::make_pipes(const std::array<bool, 3>& wanted) {
    std::array<UniqueFd, 3> theirs;
    for (std::size_t number = 0; number < theirs.size(); ++number) {
        if (!wanted.at(number)) {
            theirs[number] = TRY(open_file("/dev/null", O_RDWR));
            continue;
        }
        auto [read_end, write_end] = TRY(make_pipe());
        const bool input = number == kInput;
        theirs[number] = std::move(input ? read_end : write_end);
        ours_[number] = std::move(input ? write_end : read_end);
    }
    return theirs;
}

Result<void> ProcessStreams::use_terminal(UniqueFd terminal) {
    terminal_ = std::move(terminal);
    for (const std::size_t number : {kInput, kOutput}) {
        if (host_[number].valid()) ours_[number] = TRY(duplicate(terminal_.get()));
    }
    return {};
}

void ProcessStreams::start() {
    for (std::size_t number = 0; number < relays_.size(); ++number) {
        if (!host_[number].valid() || !ours_[number].valid()) continue;
        if (number == kInput) {
            relay(number, std::move(host_[number]), std::move(ours_[number]));
        } else {
            relay(number, std::move(ours_[number]), std::move(host_[number]));
        }
    }
}

void ProcessStreams::relay(std::size_t number, UniqueFd source, UniqueFd sink) {
    relays_.at(number) = std::make_unique<Relay>(loop_, std::move(source), std::move(sink),
                                                 [this] { check_drained(); });
}

void ProcessStreams::finish(std::function<void()> on_drained) {
    on_drained_ = std::move(on_drained);
    relays_[kInput].reset();
    for (auto& each : relays_) {
        if (each) each->finish();
    }
    check_drained();
}

void ProcessStreams::hold() {
    for (auto& each : relays_) {
        if (each) each->hold();
    }
}

bool ProcessStreams::waiting() const {
    return std::all_of(relays_.begin(), relays_.end(),
                       [](const auto& each) { return !each || each->done() || each->waits(); });
}

void ProcessStreams::reconnect(HostStreams host) {
    for (std::size_t number = 0; number < relays_.size(); ++number) {
        if (!relays_.at(number)) continue;
        if (!host.at(number).valid()) {
            relays_.at(number).reset();
        } else if (number == kInput) {
            relays_.at(number)->replace_source(std::move(host.at(number)));
        } else {
            relays_.at(number)->replace_sink(std::move(host.at(number)));
        }
    }
}

void ProcessStreams::release() {
    for (auto& each : relays_) {
        if (each) each->release();
    }
}

void ProcessStreams::disconnect() {
    for (auto& each : relays_) each.reset();
    terminal_.reset();
    check_drained();
}

void ProcessStreams::check_drained() {
    const bool all = std::all_of(relays_.begin(), relays_.end(),
                                 [](const auto& each) { return !each || each->done(); });
    if (!all || !on_drained_) return;
    terminal_.reset();
    std::exchange(on_drained_, nullptr)();
}

}  // namespace bulkhead::agent
