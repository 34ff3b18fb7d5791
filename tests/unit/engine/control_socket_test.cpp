#include "host/engine/control_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "base/packet_channel.h"

namespace bulkhead::engine {

TEST_CASE("a socket in a folder with a long name takes clients, and nobody else's") {
    std::string folder =
        (std::filesystem::temp_directory_path() / "bulkhead-socket-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string deep = folder + "/" + std::string(200, 'd');
    REQUIRE(std::filesystem::create_directory(deep));
    const std::string path = deep + "/c.sock";
    {
        const auto nobody = connect_to(path);
        REQUIRE_FALSE(nobody);
        CHECK(nobody.error().is(std::errc::no_such_file_or_directory));
    }
    {
        const auto listener = listen_at(path);
        REQUIRE(listener);

        struct stat status {};

        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777U) == 0600U);
        CHECK_FALSE(accept_client(listener->get()));
        auto client = connect_to(path);
        REQUIRE(client);
        auto server = accept_client(listener->get());
        REQUIRE(server);
        PacketChannel ours(std::move(*client));
        PacketChannel theirs(std::move(*server));
        const std::byte byte{7};
        REQUIRE(ours.send(std::span(&byte, 1)));
        const auto packet = theirs.receive();
        REQUIRE((packet && packet->has_value()));
        CHECK((*packet)->bytes == std::vector<std::byte>{byte});
    }
    // The supervisor died without a word: its socket is there, and its successor replaces it.
    const auto dead = connect_to(path);
    REQUIRE_FALSE(dead);
    CHECK(dead.error().is(std::errc::connection_refused));
    CHECK(listen_at(path));
    std::filesystem::remove_all(folder);
}

}  // namespace bulkhead::engine
