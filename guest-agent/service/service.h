// The gRPC service of proto/agent.proto. It listens nowhere: it serves on connections that the
// agent has dialled. gRPC has one thread here, which hands each call over to the loop. The only
// user of gRPC is service.cpp.
#pragma once

#include <functional>
#include <memory>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "guest-agent/container/supervisor.h"

namespace bulkhead::agent {

class Service {
  public:
    struct Parts {
        EventLoop& loop;
        Supervisor& supervisor;
        const Timeline& timeline;
        // Runs on the loop when the answer to Shutdown is on its way.
        std::function<void()> on_shutdown_answered;
    };

    static Result<std::unique_ptr<Service>> create(Parts parts);
    // Every call must have been answered.
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Serves a connected, non-blocking stream from now on. Thread: loop.
    void adopt(UniqueFd connection);

  private:
    class Implementation;
    explicit Service(std::unique_ptr<Implementation> implementation);

    std::unique_ptr<Implementation> implementation_;
};

}  // namespace bulkhead::agent
