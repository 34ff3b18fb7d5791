#include "guest-agent/seccomp/multiplexed_calls.h"

#include <algorithm>
#include <array>

namespace bulkhead::agent {
namespace {

// linux/arch/x86/entry/syscalls/syscall_32.tbl
constexpr std::uint32_t kSocketcall = 102;
constexpr std::uint32_t kIpc = 117;

struct Entry {
    std::string_view name;
    MultiplexedCall call;
};

// <linux/net.h> and <linux/ipc.h>
constexpr std::array kEntries = {
    Entry{"socket", {kSocketcall, 1}},
    Entry{"bind", {kSocketcall, 2}},
    Entry{"connect", {kSocketcall, 3}},
    Entry{"listen", {kSocketcall, 4}},
    Entry{"accept", {kSocketcall, 5}},
    Entry{"getsockname", {kSocketcall, 6}},
    Entry{"getpeername", {kSocketcall, 7}},
    Entry{"socketpair", {kSocketcall, 8}},
    Entry{"send", {kSocketcall, 9}},
    Entry{"recv", {kSocketcall, 10}},
    Entry{"sendto", {kSocketcall, 11}},
    Entry{"recvfrom", {kSocketcall, 12}},
    Entry{"shutdown", {kSocketcall, 13}},
    Entry{"setsockopt", {kSocketcall, 14}},
    Entry{"getsockopt", {kSocketcall, 15}},
    Entry{"sendmsg", {kSocketcall, 16}},
    Entry{"recvmsg", {kSocketcall, 17}},
    Entry{"accept4", {kSocketcall, 18}},
    Entry{"recvmmsg", {kSocketcall, 19}},
    Entry{"sendmmsg", {kSocketcall, 20}},
    Entry{"semop", {kIpc, 1}},
    Entry{"semget", {kIpc, 2}},
    Entry{"semctl", {kIpc, 3}},
    Entry{"semtimedop", {kIpc, 4}},
    Entry{"msgsnd", {kIpc, 11}},
    Entry{"msgrcv", {kIpc, 12}},
    Entry{"msgget", {kIpc, 13}},
    Entry{"msgctl", {kIpc, 14}},
    Entry{"shmat", {kIpc, 21}},
    Entry{"shmdt", {kIpc, 22}},
    Entry{"shmget", {kIpc, 23}},
    Entry{"shmctl", {kIpc, 24}},
};

}  // namespace

std::optional<MultiplexedCall> find_multiplexed(std::string_view name) {
    const auto* found = std::find_if(kEntries.begin(), kEntries.end(),
                                     [&](const Entry& entry) { return entry.name == name; });
    if (found == kEntries.end()) return std::nullopt;
    return found->call;
}

}  // namespace bulkhead::agent
