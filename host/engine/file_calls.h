// A supervisor's calls about files, processes and use: from a client to the guest and back. The
// bytes of the work go from the guest to the client without passing here. Thread: loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "host/engine/session.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::engine {

class FileCalls {
  public:
    FileCalls();
    FileCalls(const FileCalls&) = delete;
    FileCalls& operator=(const FileCalls&) = delete;
    ~FileCalls();

    // Whether it is one of these calls.
    static bool takes(const supervisor::v1::Request& request);

    // `sandbox` runs, and outlives its work's end.
    void handle(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
                const supervisor::v1::Request& request);

  private:
    struct Work;

    struct Owed {
        std::weak_ptr<Session> session;
        std::uint32_t number = 0;
    };

    void begin(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
               const supervisor::v1::Request& request);
    void wait(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
              std::uint32_t number, std::uint32_t work);
    void forget_one();
    void on_opened(std::uint32_t work, UniqueFd stream);
    void on_finished(std::uint32_t work, Result<agent::v1::FilesReply> result);
    static void statistics(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
                           std::uint32_t number);
    static void processes(sandbox::Sandbox& sandbox, const std::shared_ptr<Session>& session,
                          std::uint32_t number);

    std::map<std::uint32_t, Work> works_;
    std::uint32_t next_ = 1;
};

}  // namespace bulkhead::engine
