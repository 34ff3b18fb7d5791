// Freezing a real cgroup: when it is said to be frozen, its processes do nothing any more.
#include "guest-agent/cgroup/freezer.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>

#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent {

namespace {

// A process in the cgroup that counts as fast as it can.
class Counting {
  public:
    explicit Counting(const Cgroup& cgroup) {
        void* const shared = ::mmap(nullptr, sizeof(std::atomic<long>), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        REQUIRE(shared != MAP_FAILED);
        count = new (shared) std::atomic<long>(0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            for (;;) ++*count;
        }
        REQUIRE(cgroup.write("cgroup.procs", std::to_string(pid_)));
    }

    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;

    ~Counting() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::munmap(count, sizeof(*count));
    }

    // Until it has gone on from `before`.
    void wait_beyond(long before) const {
        while (*count == before) ::usleep(1000);
    }

    std::atomic<long>* count = nullptr;

  private:
    pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("freezer: what is frozen stands still, and goes on when it is thawed") {
    const std::string top = test::find_cgroup2();
    if (top.empty()) {
        WARN("this machine has no cgroup v2: run it in tools/devhost");
        return;
    }
    std::string path = top + "/bulkhead-test-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    const std::unique_ptr<std::string, void (*)(std::string*)> removed(
        &path, [](std::string* each) { ::rmdir(each->c_str()); });
    const Cgroup cgroup = Cgroup::create(path).value();
    EventLoop loop;
    Freezer freezer(loop, std::chrono::minutes(10));
    const Counting process(cgroup);
    process.wait_beyond(0);
    for (int round = 0; round < 20; ++round) {
        std::optional<long> then;
        freezer.freeze(cgroup, [&](const Result<void>& frozen) {
            CHECK(frozen.ok());
            then = *process.count;
            loop.stop();
        });
        if (!then) loop.run();
        REQUIRE(then);
        ::usleep(2000);
        CHECK(*process.count == *then);
        freezer.thaw(cgroup);
        process.wait_beyond(*then);
    }
}

}  // namespace bulkhead::agent
