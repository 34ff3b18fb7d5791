#include "host/logs/log_writer.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <random>

#include "tests/unit/logs/temporary_log.h"

namespace bulkhead::logs {

namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("each line is an entry, and the beginning of one waits for its end") {
    const TemporaryLog log;
    LogWriter writer = log.writer();
    append(writer, Stream::Output, "one\ntwo\nthr");
    CHECK(log.texts() == Texts{"one\n", "two\n"});
    append(writer, Stream::Error, "error\n");
    append(writer, Stream::Output, "ee\n");
    CHECK(log.texts() == Texts{"one\n", "two\n", "error\n", "three\n"});
    append(writer, Stream::Output, "no end");
    append(writer, Stream::Error, "nor here");
    writer.flush(0);
    CHECK(log.texts() == Texts{"one\n", "two\n", "error\n", "three\n", "no end", "nor here"});

    struct stat status {};

    REQUIRE(::stat(log.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("a long line is several entries") {
    const TemporaryLog log;
    LogWriter writer = log.writer();
    const std::string line(kMaxEntryText * 2 + 5, 'x');
    append(writer, Stream::Output, line + "\n");
    CHECK(log.texts() ==
          Texts{line.substr(0, kMaxEntryText), line.substr(0, kMaxEntryText), "xxxxx\n"});
    const TemporaryLog other;
    LogWriter slow = other.writer();
    for (const char c : line) append(slow, Stream::Output, std::string_view(&c, 1));
    append(slow, Stream::Output, "\n");
    CHECK(other.texts() == log.texts());
}

TEST_CASE("a long line of text is cut between characters, so that each entry is text") {
    // Of two, three and four bytes; and what comes before, so that each is cut at each place.
    for (const std::string character : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
        for (std::size_t before = 0; before < character.size(); ++before) {
            std::string line(before, 'x');
            while (line.size() < 2 * kMaxEntryText + 100) line += character;
            line += "\n";
            const TemporaryLog log;
            LogWriter writer = log.writer();
            append(writer, Stream::Output, line);
            const TemporaryLog other;
            LogWriter slow = other.writer();
            for (const char c : line) append(slow, Stream::Output, std::string_view(&c, 1));
            CHECK(log.content().find("log64") == std::string::npos);
            const Texts texts = log.texts();
            REQUIRE(texts.size() == 3);
            CHECK(texts[0].size() > kMaxEntryText - 4);
            CHECK(texts[0] + texts[1] + texts[2] == line);
            CHECK(other.texts() == texts);
        }
    }
}

TEST_CASE("a full file becomes the next older one, and the oldest goes") {
    const TemporaryLog log;
    LogWriter writer = log.writer(300, 3);
    for (int i = 0; i < 40; ++i) append(writer, Stream::Output, "line " + std::to_string(i) + "\n");
    CHECK(log.exists(1));
    CHECK(log.exists(2));
    CHECK_FALSE(log.exists(3));
    const Texts texts = log.texts();
    REQUIRE_FALSE(texts.empty());
    CHECK(texts.back() == "line 39\n");
    // What is left has no holes.
    for (std::size_t i = 0; i < texts.size(); ++i)
        CHECK(texts[i] == "line " + std::to_string(40 - texts.size() + i) + "\n");
    for (int number = 0; number < 3; ++number) {
        CHECK(log.content(number).size() <= 300);
        CHECK(log.content(number).ends_with("\n"));
    }
}

TEST_CASE("one file only is begun again") {
    const TemporaryLog log;
    LogWriter writer = log.writer(200, 1);
    for (int i = 0; i < 10; ++i) append(writer, Stream::Output, "line " + std::to_string(i) + "\n");
    CHECK_FALSE(log.exists(1));
    CHECK(log.texts().back() == "line 9\n");
    CHECK(log.content().size() <= 200);
}

TEST_CASE("a log that is opened again goes on, without the line that a crash cut off") {
    const TemporaryLog log;
    {
        LogWriter writer = log.writer();
        append(writer, Stream::Output, "first\n");
    }
    std::ofstream(log.path(), std::ios::app) << R"({"log":"torn)";
    LogWriter writer = log.writer();
    append(writer, Stream::Output, "second\n");
    CHECK(log.texts() == Texts{"first\n", "second\n"});
    std::ofstream(log.path(1)) << "torn";
    CHECK(log.texts() == Texts{"first\n", "second\n"});
}

TEST_CASE("what a full disk swallowed is counted and told") {
    const TemporaryLog log;
    LogWriter writer = log.writer();
    append(writer, Stream::Output, "before\n");
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{log.content().size() + 40, limit.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    append(writer, Stream::Output, "lost 1\nlost 2\n");
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    ::signal(SIGXFSZ, old_handler);
    CHECK(writer.dropped() == 2);
    CHECK(log.texts() == Texts{"before\n"});
    append(writer, Stream::Output, "after\n");
    const Texts texts = log.texts();
    REQUIRE(texts.size() == 3);
    CHECK(texts[0] == "before\n");
    CHECK(texts[1] == "bulkhead: 2 log entries were lost: pwrite: File too large\n");
    CHECK(texts[2] == "after\n");
}

TEST_CASE("any bytes in any pieces come back as they were") {
    std::mt19937 random(20261125);
    for (int round = 0; round < 20; ++round) {
        const TemporaryLog log;
        LogWriter writer = log.writer(std::uint64_t{64} << 20U, 2);
        std::string sent[2];
        for (int piece = 0; piece < 50; ++piece) {
            const auto which = random() % 2;
            std::string bytes(random() % 3000, '\0');
            const bool text = random() % 2 == 0;
            for (char& c : bytes)
                c = random() % 40 == 0 ? '\n'
                                       : static_cast<char>(text ? 'a' + random() % 26 : random());
            sent[which] += bytes;
            append(writer, which == 0 ? Stream::Output : Stream::Error, bytes);
        }
        writer.flush(0);
        auto reader = LogReader::open({log.path(), {}, {}, {}}).value();
        std::string got[2];
        while (auto entry = reader.next().value())
            got[entry->stream == Stream::Output ? 0 : 1] += entry->text;
        CHECK(got[0] == sent[0]);
        CHECK(got[1] == sent[1]);
        CHECK(reader.skipped() == 0);
    }
}

}  // namespace bulkhead::logs
