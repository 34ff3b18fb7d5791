// Client and Session against each other, and against peers that misbehave.
#include "host/engine/client.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "host/engine/session.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;

wire::Request wait_request() {
    wire::Request request;
    request.mutable_wait();
    return request;
}

struct Pair {
    Pair() {
        auto sockets = make_socketpair(SOCK_SEQPACKET).value();
        static_cast<void>(set_nonblocking(sockets.first.get()));
        static_cast<void>(set_nonblocking(sockets.second.get()));
        client = std::make_unique<Client>(loop, std::move(sockets.first));
        other = std::move(sockets.second);
    }

    void turn() {
        for (int i = 0; i < 20; ++i) loop.poll();
    }

    EventLoop loop;
    std::unique_ptr<Client> client;
    UniqueFd other;
};

}  // namespace

TEST_CASE("replies find their requests in any order, with their descriptors") {
    Pair pair;
    std::vector<std::uint32_t> numbers;
    auto session = std::make_shared<Session>(
        pair.loop, std::move(pair.other),
        Session::Events{[&](const auto& from, const wire::Request& request, auto) {
                            numbers.push_back(request.number());
                            if (numbers.size() < 2) return;
                            const auto pipe = make_pipe().value();
                            const int fd = pipe.first.get();
                            wire::Reply reply;
                            reply.mutable_wait()->mutable_end()->set_exit_code(7);
                            from->reply(numbers[1], std::move(reply), std::span(&fd, 1));
                            from->fail(numbers[0], "no");
                        },
                        [](const auto&) {}});
    session->watch();
    std::string first;
    int code = 0;
    std::size_t descriptors = 0;
    pair.client->call(wait_request(), [&](auto reply, auto) {
        if (!reply) first = reply.error().message();
    });
    pair.client->call(wait_request(), [&](auto reply, auto received) {
        if (reply) code = (*reply)->wait().end().exit_code();
        descriptors = received.size();
    });
    pair.turn();
    CHECK(first == "no");
    CHECK(code == 7);
    CHECK(descriptors == 1);
}

TEST_CASE(
    "a supervisor that goes, or talks nonsense, fails every call that waits and every later one") {
    for (const bool nonsense : {false, true}) {
        Pair pair;
        std::string why;
        const auto note = [&](auto reply, auto) {
            if (!reply) why = reply.error().message();
        };
        pair.client->call(wait_request(), note);
        if (nonsense) REQUIRE(::send(pair.other.get(), "\xFF\xFF", 2, 0) == 2);
        if (!nonsense) pair.other.reset();
        pair.turn();
        CHECK(why == (nonsense ? "the container's supervisor talks nonsense"
                               : "the container's supervisor is gone"));
        why.clear();
        pair.client->call(wait_request(), note);
        CHECK(why.empty());  // not from within the call
        pair.turn();
        CHECK_FALSE(why.empty());
    }
}

TEST_CASE("a client that talks nonsense is closed") {
    Pair pair;
    int closed = 0;
    auto sockets = make_socketpair(SOCK_SEQPACKET).value();
    auto session = std::make_shared<Session>(
        pair.loop, std::move(sockets.first),
        Session::Events{[](const auto&, const auto&, auto) { FAIL("no request was sent"); },
                        [&](const auto&) { ++closed; }});
    session->watch();
    REQUIRE(::send(sockets.second.get(), "\xFF\xFF", 2, 0) == 2);
    pair.turn();
    CHECK(closed == 1);
}

}  // namespace bulkhead::engine
