#include "tools/bulkhead/file_client.h"

#include <fcntl.h>

#include <chrono>
#include <thread>

#include "archive/byte_pipe.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/reach.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::cli {

namespace {

namespace wire = supervisor::v1;
using agent::v1::FilesReply;
using agent::v1::FilesRequest;

// For another command to be done with the container.
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPause{100};

Result<void> make_blocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0) return errno_error("fcntl");
    return {};
}

}  // namespace

struct FileClient::Answer {
    wire::Reply reply;
    std::vector<UniqueFd> descriptors;
};

Result<FileClient> FileClient::open(const Context& context, const std::string& reference) {
    auto store = TRY(state::StateStore::open(context.paths));
    state::Record record = TRY(store.find(reference));
    return FileClient(std::move(store), std::move(record));
}

FileClient::~FileClient() {
    if (!client_ || !launched_) return;
    client_.reset();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto claimed = store_.claim(record_);
        if (claimed || !claimed.error().is(std::errc::device_or_resource_busy)) return;
        std::this_thread::sleep_for(kPause);
    }
}

Result<void> FileClient::connect() {
    auto connection = engine::connect_supervisor(store_, record_);
    // Nobody is there, so it does not run.
    launched_ = !connection;
    if (launched_) connection = engine::launch_supervisor(store_, record_);
    client_ = std::make_unique<engine::Client>(*loop_, TRY(std::move(connection)));
    return {};
}

Result<FileClient::Answer> FileClient::call(const wire::Request& request) {
    if (!client_) TRY(connect());
    Result<Answer> answer = Answer{};
    client_->call(request, [&](auto reply, std::vector<UniqueFd> descriptors) {
        if (reply) {
            answer = Answer{**reply, std::move(descriptors)};
        } else {
            answer = reply.error();
        }
        loop_->stop();
    });
    loop_->run();
    return answer;
}

// Somebody else may work on the files of a container that does not run: one after the other.
Result<FileClient::Answer> FileClient::call_patiently(const wire::Request& request) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        auto answer = call(request);
        const bool busy = !answer && answer.error().is(std::errc::device_or_resource_busy);
        if (!busy || std::chrono::steady_clock::now() > deadline) return answer;
        client_.reset();
        std::this_thread::sleep_for(kPause);
    }
}

Result<FileClient::Started> FileClient::begin(const FilesRequest& request) {
    wire::Request call;
    *call.mutable_files()->mutable_request() = request;
    Answer answer = TRY(call_patiently(call));
    const wire::FilesReply& files = answer.reply.files();
    if (files.work() == 0 && !files.result().message().empty())
        return Error(files.result().message());
    if (answer.descriptors.size() != 1) return Error("the supervisor sent no stream");
    TRY(make_blocking(answer.descriptors.front().get()));
    return Started{files.work(), std::move(answer.descriptors.front())};
}

Result<FilesReply> FileClient::finish(std::uint32_t work) {
    wire::Request request;
    request.mutable_files_wait()->set_work(work);
    const Answer answer = TRY(call(request));
    const FilesReply& result = answer.reply.files().result();
    if (result.failure() != agent::v1::FILES_FAILURE_NONE) {
        const bool missing = result.failure() == agent::v1::FILES_FAILURE_NOT_FOUND;
        return missing ? Error(std::make_error_code(std::errc::no_such_file_or_directory),
                               result.message())
                       : Error(result.message());
    }
    return result;
}

Result<void> FileClient::fetch(const FilesRequest& request, int target) {
    const Started started = TRY(begin(request));
    archive::ByteFeed feed(started.stream.get());
    for (;;) {
        const auto bytes = TRY(feed.take(archive::kPipeBytes));
        if (bytes.empty()) break;
        TRY(write_full(target, bytes));
    }
    TRY(finish(started.work));
    return {};
}

Result<FilesReply> FileClient::ask(const FilesRequest& request) {
    wire::Request call;
    *call.mutable_files()->mutable_request() = request;
    const Answer answer = TRY(call_patiently(call));
    return answer.reply.files().result();
}

Error path_error(const FilesReply& reply, const std::string& path, const std::string& container) {
    if (reply.failure() == agent::v1::FILES_FAILURE_NOT_FOUND ||
        reply.failure() == agent::v1::FILES_FAILURE_NOT_DIRECTORY)
        return Error(concat("Could not find the file ", path, " in container ", container));
    return Error(reply.message());
}

Error path_error_of(const Error& error, const std::string& path, const std::string& container) {
    if (!error.is(std::errc::no_such_file_or_directory)) return error;
    return Error(concat("Could not find the file ", path, " in container ", container));
}

}  // namespace bulkhead::cli
