#include "host/events/journal.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "host/events/reader.h"

namespace bulkhead::events {

namespace {

class TemporaryJournal {
  public:
    TemporaryJournal() {
        std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        directory_ = pattern;
    }

    TemporaryJournal(const TemporaryJournal&) = delete;
    TemporaryJournal& operator=(const TemporaryJournal&) = delete;

    ~TemporaryJournal() { std::filesystem::remove_all(directory_); }

    // Not there yet.
    [[nodiscard]] std::string path() const { return directory_ + "/events"; }

  private:
    std::string directory_;
};

Event numbered(int number) {
    return {number, "container", "start", std::to_string(number), {}};
}

std::string next_id(Reader& reader) {
    const auto item = reader.next();
    REQUIRE(item);
    return *item ? (*item)->event.id : "none";
}

}  // namespace

TEST_CASE("events are read in order, and those that come later too") {
    const TemporaryJournal temporary;
    Reader reader(temporary.path());
    CHECK(next_id(reader) == "none");
    const Journal journal(temporary.path());
    for (int i = 1; i <= 3; ++i) REQUIRE(journal.append(numbered(i)));
    for (int i = 1; i <= 3; ++i) CHECK(next_id(reader) == std::to_string(i));
    CHECK(next_id(reader) == "none");
    REQUIRE(journal.append(numbered(4)));
    CHECK(next_id(reader) == "4");
}

TEST_CASE("a cursor goes on where it was taken, over files") {
    const TemporaryJournal temporary;
    const Journal journal(temporary.path(), {.file_bytes = 200, .files = 100});
    for (int i = 0; i < 20; ++i) REQUIRE(journal.append(numbered(i)));
    Reader all(temporary.path());
    for (int i = 0; i < 20; ++i) {
        const auto item = all.next();
        REQUIRE(item);
        REQUIRE(*item);
        CHECK((*item)->event.id == std::to_string(i));
        Reader resumed(temporary.path(), (*item)->cursor);
        CHECK(next_id(resumed) == (i == 19 ? "none" : std::to_string(i + 1)));
        CHECK_FALSE(resumed.lost());
    }
    Reader from_now(temporary.path(), Reader::end_of(temporary.path()));
    CHECK(next_id(from_now) == "none");
    REQUIRE(journal.append(numbered(20)));
    CHECK(next_id(from_now) == "20");
}

TEST_CASE("old files go, and a reader from before them is told") {
    const TemporaryJournal temporary;
    const Journal journal(temporary.path(), {.file_bytes = 200, .files = 3});
    REQUIRE(journal.append(numbered(0)));
    Reader slow(temporary.path());
    CHECK(next_id(slow) == "0");
    const std::uint64_t cursor = Reader::end_of(temporary.path());
    for (int i = 1; i < 50; ++i) REQUIRE(journal.append(numbered(i)));
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(temporary.path()))
        ++files;
    CHECK(files == 3 + 1);  // and the lock
    Reader late(temporary.path(), cursor);
    const std::string first = next_id(late);
    CHECK(std::stoi(first) > 1);
    CHECK(late.lost());
    std::string last = first;
    for (std::string id = next_id(late); id != "none"; id = next_id(late)) last = id;
    CHECK(last == "49");
}

TEST_CASE("a torn line is skipped and the next event is whole") {
    const TemporaryJournal temporary;
    const Journal journal(temporary.path());
    REQUIRE(journal.append(numbered(1)));
    std::FILE* file = std::fopen((temporary.path() + "/00000000000000000000.jsonl").c_str(), "a");
    REQUIRE(file != nullptr);
    std::fputs("{\"Type\":\"cont", file);
    std::fclose(file);
    REQUIRE(journal.append(numbered(2)));
    Reader reader(temporary.path());
    CHECK(next_id(reader) == "1");
    CHECK(next_id(reader) == "2");
}

TEST_CASE("many processes append at once, and no event is lost or torn") {
    constexpr int kProcesses = 8;
    constexpr int kEvents = 50;
    const TemporaryJournal temporary;
    for (int process = 0; process < kProcesses; ++process) {
        if (::fork() != 0) continue;
        const Journal journal(temporary.path(), {.file_bytes = 4096, .files = 1000});
        for (int i = 0; i < kEvents; ++i) {
            if (!journal.append(numbered(process * kEvents + i))) ::_exit(1);
        }
        ::_exit(0);
    }
    for (int i = 0; i < kProcesses; ++i) {
        int status = 0;
        REQUIRE(::wait(&status) > 0);
        CHECK(status == 0);
    }
    std::vector<int> next(kProcesses, 0);
    Reader reader(temporary.path());
    for (std::string id = next_id(reader); id != "none"; id = next_id(reader)) {
        const int number = std::stoi(id);
        CHECK(number % kEvents == next[static_cast<std::size_t>(number / kEvents)]++);
    }
    CHECK(next == std::vector<int>(kProcesses, kEvents));
}

}  // namespace bulkhead::events
