// Against files that look like a cgroup's; tests/integration/agent has a real one.
#include "guest-agent/cgroup/freezer.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include <catch2/catch.hpp>

namespace bulkhead::agent {

namespace {

class FakeCgroup {
  public:
    FakeCgroup() {
        std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
        std::ofstream(path + "/cgroup.freeze") << "0";
        events("populated 1\nfrozen 0\n");
        cgroup.emplace(Cgroup::create(path).value());
    }

    FakeCgroup(const FakeCgroup&) = delete;
    FakeCgroup& operator=(const FakeCgroup&) = delete;

    ~FakeCgroup() { std::filesystem::remove_all(path); }

    void events(const char* text) const { std::ofstream(path + "/cgroup.events") << text; }

    [[nodiscard]] char asked() const {
        char digit = '?';
        std::ifstream(path + "/cgroup.freeze") >> digit;
        return digit;
    }

    std::string path;
    std::optional<Cgroup> cgroup;
};

constexpr std::chrono::minutes kLong{10};

}  // namespace

TEST_CASE("freezing waits until the last process has stopped") {
    const FakeCgroup fake;
    EventLoop loop;
    Freezer freezer(loop, kLong);
    bool stopped = false;
    std::optional<bool> frozen;
    freezer.freeze(*fake.cgroup, [&](const Result<void>& result) {
        CHECK(stopped);
        frozen = result.ok();
        loop.stop();
    });
    CHECK(fake.asked() == '1');
    CHECK_FALSE(frozen);
    const auto later = loop.after(std::chrono::milliseconds(30), [&] {
        CHECK_FALSE(frozen);
        stopped = true;
        fake.events("populated 1\nfrozen 1\n");
    });
    loop.run();
    REQUIRE(frozen);
    CHECK(*frozen);
    CHECK(fake.asked() == '1');
    freezer.thaw(*fake.cgroup);
    CHECK(fake.asked() == '0');
}

TEST_CASE("the last of several thaws it") {
    const FakeCgroup fake;
    fake.events("populated 1\nfrozen 1\n");
    EventLoop loop;
    Freezer freezer(loop, kLong);
    int calls = 0;
    freezer.freeze(*fake.cgroup, [&](const Result<void>& result) { calls += result.ok() ? 1 : 0; });
    freezer.freeze(*fake.cgroup, [&](const Result<void>& result) { calls += result.ok() ? 1 : 0; });
    CHECK(calls == 2);
    freezer.thaw(*fake.cgroup);
    CHECK(fake.asked() == '1');
    freezer.thaw(*fake.cgroup);
    CHECK(fake.asked() == '0');
}

TEST_CASE("a process that does not stop is an error in time, and the others go on") {
    const FakeCgroup fake;
    EventLoop loop;
    Freezer freezer(loop, std::chrono::milliseconds(20));
    std::string error;
    freezer.freeze(*fake.cgroup, [&](const Result<void>& result) {
        if (!result) error = result.error().message();
        loop.stop();
    });
    loop.run();
    CHECK(error.find("did not all stop within") != std::string::npos);
    CHECK(fake.asked() == '0');
}

TEST_CASE("whoever waits when the container is ended is told") {
    const FakeCgroup fake;
    EventLoop loop;
    Freezer freezer(loop, kLong);
    std::string error;
    freezer.freeze(*fake.cgroup, [&](const Result<void>& result) {
        if (!result) error = result.error().message();
    });
    freezer.give_up();
    CHECK(error == "the container is ended");
    CHECK(fake.asked() == '0');
}

TEST_CASE("a cgroup that cannot be frozen is an error at once") {
    const FakeCgroup fake;
    std::filesystem::remove(fake.path + "/cgroup.freeze");
    EventLoop loop;
    Freezer freezer(loop, kLong);
    std::optional<bool> frozen;
    freezer.freeze(*fake.cgroup, [&](const Result<void>& result) { frozen = result.ok(); });
    REQUIRE(frozen);
    CHECK_FALSE(*frozen);
}

}  // namespace bulkhead::agent
