// A client of a container's supervisor: calls go out, answers come back on the event loop.
// Thread: loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "base/packet_channel.h"
#include "base/result.h"

namespace bulkhead::supervisor::v1 {
class Reply;
class Request;
}  // namespace bulkhead::supervisor::v1

namespace bulkhead::engine {

class Client {
  public:
    // The reply's descriptors are the callee's. An error: what the supervisor could not do, or that
    // it is gone.
    using Answer = std::function<void(Result<const supervisor::v1::Reply*>, std::vector<UniqueFd>)>;

    Client(EventLoop& loop, UniqueFd connection);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    void call(supervisor::v1::Request request, Answer answer,
              std::span<const int> descriptors = {});

    // Runs the loop until the answer is there, or for as long as it may take (0: without end). For
    // a caller that has nothing else to do.
    Result<supervisor::v1::Reply> call_and_wait(supervisor::v1::Request request,
                                                std::chrono::nanoseconds most = {});

  private:
    void read();
    void fail(const std::string& why);

    EventLoop& loop_;
    PacketChannel channel_;
    EventLoop::Handle watch_;
    std::uint32_t next_ = 1;
    std::map<std::uint32_t, Answer> answers_;
    std::string failure_;  // once the connection is of no use
};

}  // namespace bulkhead::engine
