#include "vmm/block/io_workers.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <system_error>

#include "base/syscalls.h"

namespace bulkhead::block {

Result<std::unique_ptr<IoWorkers>> IoWorkers::create(EventLoop& loop, unsigned int threads,
                                                     std::function<void()> on_thread_start) {
    std::unique_ptr<IoWorkers> workers(new IoWorkers(std::move(on_thread_start)));
    TRY_CONTEXT(workers->start(loop, threads), "starting disk workers");
    return workers;
}

IoWorkers::IoWorkers(std::function<void()> on_thread_start)
    : on_thread_start_(std::move(on_thread_start)) {}

Result<void> IoWorkers::start(EventLoop& loop, unsigned int threads) {
    finished_event_ = TRY(make_eventfd());
    finished_watch_ =
        loop.watch(finished_event_.get(), EventLoop::Interest::Read, [this] { deliver(); });
    try {
        for (unsigned int i = 0; i < threads; ++i) {
            threads_.emplace_back([this] { work(); });
        }
    } catch (const std::system_error& error) {
        return Error(error.code(), error.what());
    }
    return {};
}

IoWorkers::~IoWorkers() {
    finished_watch_.reset();
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        queued_.clear();
    }
    queued_or_stopping_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void IoWorkers::submit(Job job) {
    {
        const std::scoped_lock lock(mutex_);
        queued_.push_back(std::move(job));
    }
    queued_or_stopping_.notify_one();
}

void IoWorkers::work() {
    if (on_thread_start_) on_thread_start_();
    std::unique_lock lock(mutex_);
    while (true) {
        queued_or_stopping_.wait(lock, [this] { return stopping_ || !queued_.empty(); });
        if (stopping_) return;
        Job job = std::move(queued_.front());
        queued_.pop_front();
        running_.push_back(job.owner);
        lock.unlock();
        job.work();
        lock.lock();
        finish(std::move(job));
    }
}

void IoWorkers::finish(Job job) {
    running_.erase(std::find(running_.begin(), running_.end(), job.owner));
    finished_.push_back(std::move(job));
    work_finished_.notify_all();
    if (finished_.size() > 1) return;  // the loop has been told already
    const std::uint64_t one = 1;
    static_cast<void>(!::write(finished_event_.get(), &one, sizeof(one)));
}

void IoWorkers::deliver() {
    std::uint64_t count = 0;
    static_cast<void>(!::read(finished_event_.get(), &count, sizeof(count)));
    while (true) {
        std::optional<Job> job;
        {
            const std::scoped_lock lock(mutex_);
            if (finished_.empty()) return;
            job = std::move(finished_.front());
            finished_.pop_front();
        }
        // One at a time: this call may drain its owner, or another one.
        job->done();
    }
}

void IoWorkers::drain(const void* owner) {
    std::unique_lock lock(mutex_);
    const auto owned = [owner](const Job& job) { return job.owner == owner; };
    std::erase_if(queued_, owned);
    work_finished_.wait(
        lock, [&] { return std::find(running_.begin(), running_.end(), owner) == running_.end(); });
    std::erase_if(finished_, owned);
}

}  // namespace bulkhead::block
