#include "guest-agent/init/machine.h"

#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <vector>

#include "base/syscalls.h"

namespace bulkhead::agent {

Result<void> set_clock(std::int64_t realtime_ns) {
    constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
    if (realtime_ns <= 0) return Error("clock: not a time after 1970");
    const timespec now{.tv_sec = realtime_ns / kNanosecondsPerSecond,
                       .tv_nsec = realtime_ns % kNanosecondsPerSecond};
    if (::clock_settime(CLOCK_REALTIME, &now) != 0) return errno_error("setting the clock");
    return {};
}

Result<void> add_entropy(std::span<const std::byte> bytes) {
    if (bytes.empty()) return {};
    const UniqueFd random = TRY(open_file("/dev/urandom", O_WRONLY));
    // struct rand_pool_info: two ints (bits credited, bytes), then the bytes.
    std::vector<int> pool(2 + (bytes.size() + sizeof(int) - 1) / sizeof(int));
    pool[0] = static_cast<int>(bytes.size() * 8);
    pool[1] = static_cast<int>(bytes.size());
    std::memcpy(&pool[2], bytes.data(), bytes.size());
    if (::ioctl(random.get(), RNDADDENTROPY, pool.data()) != 0)
        return errno_error("adding entropy");
    // What was given out before came from a state that other machines of one template share.
    if (::ioctl(random.get(), RNDRESEEDCRNG) != 0) return errno_error("reseeding");
    return {};
}

void stop_proactive_compaction() {
    static_cast<void>(write_setting("/proc/sys/vm/compaction_proactiveness", "0"));
}

void reset_machine() {
    ::sync();
    ::reboot(RB_AUTOBOOT);
    // Only if the kernel refused: the end of PID 1 is a panic, which resets the machine as well.
    ::_exit(1);
}

}  // namespace bulkhead::agent
