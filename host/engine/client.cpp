#include "host/engine/client.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;

}  // namespace

Client::Client(EventLoop& loop, UniqueFd connection)
    : loop_(loop), channel_(std::move(connection)) {
    watch_ = loop_.watch(channel_.fd(), EventLoop::Interest::Read, [this] { read(); });
}

Client::~Client() = default;

void Client::call(wire::Request request, Answer answer, std::span<const int> descriptors) {
    const std::uint32_t number = next_++;
    request.set_number(number);
    answers_.emplace(number, std::move(answer));
    const std::string bytes = request.SerializeAsString();
    if (failure_.empty()) {
        const auto sent = channel_.send(std::as_bytes(std::span(bytes)), descriptors);
        if (sent) return;
        failure_ = sent.error().message();
    }
    // Not from within the call: the caller is not ready for its answer.
    loop_.post([this] { fail(failure_); });
}

Result<wire::Reply> Client::call_and_wait(wire::Request request, std::chrono::nanoseconds most) {
    std::optional<Result<wire::Reply>> answer;
    EventLoop::Handle limit;
    if (most != most.zero()) {
        limit = loop_.after(most, [&] {
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most).count();
            fail(concat("the container's supervisor did not answer within ", seconds,
                        " s; `bulkhead rm -f` ends it"));
        });
    }
    call(std::move(request),
         [&](Result<const wire::Reply*> reply, const std::vector<UniqueFd>& /*descriptors*/) {
             if (reply) {
                 answer = **reply;
             } else {
                 answer = reply.error();
             }
             loop_.stop();
         });
    loop_.run();
    return *std::move(answer);
}

void Client::read() {
    auto packet = channel_.receive();
    if (!packet && packet.error().is(std::errc::resource_unavailable_try_again)) return;
    if (!packet) return fail(packet.error().message());
    if (!packet->has_value()) return fail("the container's supervisor is gone");
    wire::Reply reply;
    const auto& bytes = (*packet)->bytes;
    if (!reply.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return fail("the container's supervisor talks nonsense");
    const auto found = answers_.find(reply.number());
    if (found == answers_.end()) return;
    const Answer answer = std::move(found->second);
    answers_.erase(found);
    if (reply.failure().empty()) {
        answer(&reply, std::move((*packet)->descriptors));
    } else {
        const bool busy = reply.failure_kind() == wire::FAILURE_KIND_BUSY;
        answer(
            busy ? Error(std::make_error_code(std::errc::device_or_resource_busy), reply.failure())
                 : Error(reply.failure()),
            {});
    }
}

void Client::fail(const std::string& why) {
    watch_.reset();
    failure_ = why;
    for (const auto& [number, answer] : std::exchange(answers_, {})) answer(Error(why), {});
}

}  // namespace bulkhead::engine
