#include "host/engine/control_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::engine {

namespace {

constexpr int kBacklog = 64;

struct Address {
    sockaddr_un address{};
    UniqueFd folder;  // open for as long as the address is used

    [[nodiscard]] const sockaddr* get() const {
        // SAFETY: every socket address begins as sockaddr does.
        return reinterpret_cast<const sockaddr*>(&address);
    }
};

// sun_path takes 107 bytes: the folder is named by a descriptor.
Result<Address> address_of(const std::string& path) {
    const std::filesystem::path whole(path);
    Address result;
    result.folder = TRY(open_file(whole.parent_path().string(), O_PATH | O_DIRECTORY));
    const std::string name =
        concat("/proc/self/fd/", result.folder.get(), "/", whole.filename().string());
    if (name.size() >= sizeof(result.address.sun_path))
        return Error(concat(path, ": too long for a socket's name"));
    result.address.sun_family = AF_UNIX;
    std::memcpy(result.address.sun_path, name.c_str(), name.size() + 1);
    return result;
}

Result<UniqueFd> make_socket(int flags) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
    if (!socket.valid()) return errno_error("socket");
    return socket;
}

}  // namespace

Result<UniqueFd> listen_at(const std::string& path) {
    UniqueFd socket = TRY(make_socket(SOCK_NONBLOCK));
    const Address address = TRY(address_of(path));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error("unlink " + path);
    if (::bind(socket.get(), address.get(), sizeof(address.address)) != 0)
        return errno_error("bind " + path);
    if (::chmod(path.c_str(), 0600) != 0) return errno_error("chmod " + path);
    if (::listen(socket.get(), kBacklog) != 0) return errno_error("listen");
    return socket;
}

Result<UniqueFd> accept_client(int listener) {
    UniqueFd client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client.valid()) return errno_error("accept");
    return client;
}

Result<UniqueFd> connect_to(const std::string& path) {
    UniqueFd socket = TRY(make_socket(0));
    const Address address = TRY(address_of(path));
    if (::connect(socket.get(), address.get(), sizeof(address.address)) != 0)
        return errno_error("connect to " + path);
    TRY(set_nonblocking(socket.get()));
    return socket;
}

}  // namespace bulkhead::engine
