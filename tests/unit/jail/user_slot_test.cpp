#include "host/jail/user_slot.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::jail {

namespace {

struct Folder {
    Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() { std::filesystem::remove_all(path); }

    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path),
                                                      std::filesystem::directory_iterator()));
    }

    std::string path = (std::filesystem::temp_directory_path() / "bulkhead-slots-XXXXXX").string();
};

}  // namespace

TEST_CASE("no two claims have the same user, and all are in the range") {
    const Folder folder;
    std::vector<UserSlot> slots;
    std::set<uid_t> users;
    for (int i = 0; i < 100; ++i) {
        auto slot = UserSlot::claim(folder.path + "/made");
        REQUIRE(slot);
        CHECK(slot->id() >= UserSlot::kFirst);
        CHECK(slot->id() < UserSlot::kFirst + UserSlot::kCount);
        users.insert(slot->id());
        slots.push_back(*std::move(slot));
    }
    CHECK(users.size() == 100);
}

TEST_CASE("a claim that goes leaves nothing, and its user is free again") {
    const Folder folder;
    uid_t user = 0;
    {
        const auto slot = UserSlot::claim(folder.path);
        REQUIRE(slot);
        user = slot->id();
        CHECK(folder.files() == 1);
    }
    CHECK(folder.files() == 0);
    const auto again = UserSlot::claim(folder.path);
    REQUIRE(again);
    CHECK(again->id() == user);
}

TEST_CASE("a claim lasts while a child has its descriptor, and no longer when all are killed") {
    const Folder folder;
    const auto pipe = make_pipe();
    REQUIRE(pipe);
    uid_t user = 0;
    // So that the claimer's child becomes this process's.
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
    // A claimer that is killed while its own child goes on.
    const pid_t claimer = ::fork();
    if (claimer == 0) {
        const auto slot = UserSlot::claim(folder.path);
        const pid_t monitor = ::fork();
        if (monitor == 0) {
            ::pause();
            ::_exit(0);
        }
        const std::pair<uid_t, pid_t> both(slot ? slot->id() : 0, monitor);
        static_cast<void>(!::write(pipe->second.get(), &both, sizeof(both)));
        ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(claimer, nullptr, 0);
    std::pair<uid_t, pid_t> both;
    REQUIRE(::read(pipe->first.get(), &both, sizeof(both)) == sizeof(both));
    user = both.first;
    std::vector<UserSlot> others;
    for (int i = 0; i < 20; ++i) {
        auto slot = UserSlot::claim(folder.path);
        REQUIRE(slot);
        CHECK(slot->id() != user);
        others.push_back(*std::move(slot));
    }
    others.clear();
    ::kill(both.second, SIGKILL);
    CHECK(::waitpid(both.second, nullptr, 0) == both.second);
    // The file stays, and is taken over.
    CHECK(folder.files() == 1);
}

TEST_CASE("many that claim at once, from processes of their own, share nothing") {
    const Folder folder;
    const auto pipe = make_pipe();
    REQUIRE(pipe);
    constexpr int kProcesses = 16;
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto slot = UserSlot::claim(folder.path);
            const uid_t user = slot ? slot->id() : 0;
            static_cast<void>(!::write(pipe->second.get(), &user, sizeof(user)));
            ::pause();
            ::_exit(0);
        }
        children.push_back(child);
    }
    std::set<uid_t> users;
    for (int i = 0; i < kProcesses; ++i) {
        uid_t user = 0;
        REQUIRE(::read(pipe->first.get(), &user, sizeof(user)) == sizeof(user));
        CHECK(user != 0);
        users.insert(user);
    }
    CHECK(users.size() == kProcesses);
    for (const pid_t child : children) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
}

TEST_CASE("a place that cannot be made is an error with its path") {
    const auto slot = UserSlot::claim("/proc/nonexistent/users");
    REQUIRE_FALSE(slot);
    CHECK(slot.error().message().find("/proc/nonexistent/users") != std::string::npos);
}

}  // namespace bulkhead::jail
