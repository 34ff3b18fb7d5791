// A container's files, from a command: through its supervisor if it runs, and otherwise through one
// that is started for this and goes afterwards. Thread: main.
#pragma once

#include <memory>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "host/engine/client.h"
#include "host/state/state_store.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::agent::v1 {
class FilesReply;
class FilesRequest;
}  // namespace bulkhead::agent::v1

namespace bulkhead::cli {

class FileClient {
  public:
    static Result<FileClient> open(const Context& context, const std::string& reference);

    FileClient(FileClient&&) noexcept = default;
    FileClient& operator=(FileClient&&) = delete;
    FileClient(const FileClient&) = delete;
    FileClient& operator=(const FileClient&) = delete;
    // Waits until the machine that was started for this is down: the next command may start the
    // container.
    ~FileClient();

    [[nodiscard]] const state::StateStore& store() const { return store_; }

    [[nodiscard]] const state::Record& record() const { return record_; }

    // Work that has a stream; finish() tells how it ended.
    struct Started {
        std::uint32_t work = 0;
        UniqueFd stream;  // blocking
    };

    // An error also when the work failed before it began.
    Result<Started> begin(const agent::v1::FilesRequest& request);
    // An error when it failed.
    Result<agent::v1::FilesReply> finish(std::uint32_t work);
    // All that the work gives, into a file.
    Result<void> fetch(const agent::v1::FilesRequest& request, int target);
    // Work without a stream. What failed on files is in the reply.
    Result<agent::v1::FilesReply> ask(const agent::v1::FilesRequest& request);

  private:
    FileClient(state::StateStore store, state::Record record)
        : store_(std::move(store)), record_(std::move(record)) {}

    struct Answer;
    Result<void> connect();
    Result<Answer> call(const supervisor::v1::Request& request);
    Result<Answer> call_patiently(const supervisor::v1::Request& request);

    state::StateStore store_;
    state::Record record_;
    std::unique_ptr<EventLoop> loop_ = std::make_unique<EventLoop>();
    std::unique_ptr<engine::Client> client_;
    bool launched_ = false;
};

// docker's words for what failed on a path of a container: by the reply, or by finish().
Error path_error(const agent::v1::FilesReply& reply, const std::string& path,
                 const std::string& container);

Error path_error_of(const Error& error, const std::string& path, const std::string& container);

}  // namespace bulkhead::cli
