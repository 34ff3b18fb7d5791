#include "host/engine/session.h"

#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

Session::Session(EventLoop& loop, UniqueFd socket, Events events)
    : loop_(loop), channel_(std::move(socket)), events_(std::move(events)) {}

void Session::watch() {
    watch_ = loop_.watch(channel_.fd(), EventLoop::Interest::Read, [this] { read(); });
}

void Session::read() {
    const auto self = shared_from_this();
    auto packet = channel_.receive();
    if (!packet && packet.error().is(std::errc::resource_unavailable_try_again)) return;
    if (!packet || !packet->has_value()) return close();
    supervisor::v1::Request request;
    const auto& bytes = (*packet)->bytes;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return close();
    events_.request(self, request, std::move((*packet)->descriptors));
}

void Session::reply(std::uint32_t number, supervisor::v1::Reply reply,
                    std::span<const int> descriptors) {
    reply.set_number(number);
    const std::string bytes = reply.SerializeAsString();
    if (const auto sent = channel_.send(std::as_bytes(std::span(bytes)), descriptors); !sent) {
        log::debug(sent.error().message());
        close();
    }
}

void Session::fail(std::uint32_t number, const std::string& why) {
    supervisor::v1::Reply failure;
    failure.set_failure(why);
    reply(number, std::move(failure));
}

void Session::close() {
    if (!watch_.active()) return;
    watch_.reset();
    events_.closed(shared_from_this());
}

}  // namespace bulkhead::engine
