// One client of a supervisor: its requests in, our replies out. Thread: loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/event_loop.h"
#include "base/packet_channel.h"

namespace bulkhead::supervisor::v1 {
class Reply;
class Request;
}  // namespace bulkhead::supervisor::v1

namespace bulkhead::engine {

class Session : public std::enable_shared_from_this<Session> {
  public:
    struct Events {
        std::function<void(const std::shared_ptr<Session>&, const supervisor::v1::Request&,
                           std::vector<UniqueFd>)>
            request;
        std::function<void(const std::shared_ptr<Session>&)> closed;
    };

    Session(EventLoop& loop, UniqueFd socket, Events events);

    // After it is held by a shared pointer.
    void watch();

    // A client that does not take its reply is closed.
    void reply(std::uint32_t number, supervisor::v1::Reply reply,
               std::span<const int> descriptors = {});
    void fail(std::uint32_t number, const std::string& why);

  private:
    void read();
    void close();

    EventLoop& loop_;
    PacketChannel channel_;
    Events events_;
    EventLoop::Handle watch_;
};

}  // namespace bulkhead::engine
