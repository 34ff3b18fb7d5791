// IoWorkers: a few threads for disk work that may block, shared by a VM's disks. Why threads and
// not io_uring: docs/block.md.
//
// Thread: loop, for every method. Queued work is bounded by its callers (a virtqueue's size each).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::block {

class IoWorkers {
  public:
    struct Job {
        const void* owner = nullptr;  // only compared; whose drain() waits for it
        std::function<void()> work;   // on a worker thread
        std::function<void()> done;   // on the loop thread, afterwards
    };

    // `on_thread_start` runs first on each worker: the place for its seccomp filter. `loop` must
    // outlive the workers.
    static Result<std::unique_ptr<IoWorkers>> create(EventLoop& loop, unsigned int threads,
                                                     std::function<void()> on_thread_start = {});

    IoWorkers(const IoWorkers&) = delete;
    IoWorkers& operator=(const IoWorkers&) = delete;
    // Waits for running work; drops what is queued or done.
    ~IoWorkers();

    void submit(Job job);

    // Drops the owner's queued work, waits for what is running, and drops its `done` calls.
    void drain(const void* owner);

  private:
    explicit IoWorkers(std::function<void()> on_thread_start);

    Result<void> start(EventLoop& loop, unsigned int threads);
    void work();           // a worker thread's life
    void finish(Job job);  // thread: worker; with mutex_ held
    void deliver();        // thread: loop

    std::function<void()> on_thread_start_;
    UniqueFd finished_event_;
    EventLoop::Handle finished_watch_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable queued_or_stopping_;
    std::condition_variable work_finished_;
    std::deque<Job> queued_;
    std::vector<const void*> running_;  // their owners
    std::deque<Job> finished_;
    bool stopping_ = false;

    std::vector<std::thread> threads_;
};

}  // namespace bulkhead::block
