#include "host/logs/log_reader.h"

#include <fstream>

#include "tests/unit/logs/temporary_log.h"

namespace bulkhead::logs {

namespace {

using Texts = std::vector<std::string>;

std::string numbered(int number) {
    return "line " + std::to_string(number) + "\n";
}

Texts lines(int first, int end) {
    Texts texts;
    for (int i = first; i < end; ++i) texts.push_back(numbered(i));
    return texts;
}

LogReader::Options last(std::uint64_t count) {
    LogReader::Options options;
    options.tail = count;
    return options;
}

}  // namespace

TEST_CASE("a log that is not there is empty, and is read when it comes") {
    const TemporaryLog log;
    auto reader = LogReader::open({log.path(), {}, {}, {}}).value();
    CHECK(TemporaryLog::rest(reader).empty());
    LogWriter writer = log.writer();
    append(writer, Stream::Output, "here\n");
    CHECK(TemporaryLog::rest(reader) == Texts{"here\n"});
    CHECK(TemporaryLog::rest(reader).empty());
}

TEST_CASE("the last entries are found, over files and blocks") {
    const TemporaryLog log;
    LogWriter writer = log.writer(100'000, 4);
    for (int i = 0; i < 3000; ++i) append(writer, Stream::Output, numbered(i));
    REQUIRE(log.exists(2));
    for (const int count : {1, 2, 700, 1500, 2500})
        CHECK(log.texts(last(static_cast<std::uint64_t>(count))) == lines(3000 - count, 3000));
    CHECK(log.texts(last(0)).empty());
    CHECK(log.texts(last(1'000'000)) == log.texts());
    CHECK(log.texts() == lines(0, 3000));
}

TEST_CASE("a reader that follows loses nothing and repeats nothing over rotations") {
    const TemporaryLog log;
    LogWriter writer = log.writer(2000, 5);
    auto reader = LogReader::open({log.path(), {}, {}, {}}).value();
    Texts got;
    for (int i = 0; i < 10'000; ++i) {
        append(writer, Stream::Output, numbered(i));
        if (i % 37 != 0) continue;  // less than four files' worth
        for (auto& text : TemporaryLog::rest(reader)) got.push_back(std::move(text));
    }
    for (auto& text : TemporaryLog::rest(reader)) got.push_back(std::move(text));
    CHECK(got == lines(0, 10'000));
    CHECK(reader.skipped() == 0);
}

TEST_CASE("a reader from the end follows too") {
    const TemporaryLog log;
    LogWriter writer = log.writer(2000, 5);
    for (int i = 0; i < 30; ++i) append(writer, Stream::Output, numbered(i));
    auto options = last(0);
    options.path = log.path();
    auto reader = LogReader::open(options).value();
    CHECK(TemporaryLog::rest(reader).empty());
    for (int i = 30; i < 60; ++i) append(writer, Stream::Output, numbered(i));
    CHECK(TemporaryLog::rest(reader) == lines(30, 60));
}

TEST_CASE("a reader that was left far behind goes on with the oldest that there is") {
    const TemporaryLog log;
    LogWriter writer = log.writer(500, 2);
    append(writer, Stream::Output, numbered(0));
    auto reader = LogReader::open({log.path(), {}, {}, {}}).value();
    CHECK(TemporaryLog::rest(reader) == lines(0, 1));
    for (int i = 1; i < 100; ++i) append(writer, Stream::Output, numbered(i));
    const Texts got = TemporaryLog::rest(reader);
    REQUIRE_FALSE(got.empty());
    CHECK(got.back() == numbered(99));
    CHECK(got.size() < 99);
}

TEST_CASE("times bound what is read") {
    const TemporaryLog log;
    LogWriter writer = log.writer();
    for (int i = 0; i < 10; ++i) append(writer, Stream::Output, numbered(i), i);
    LogReader::Options options;
    options.since = 3;
    options.until = 6;
    CHECK(log.texts(options) == lines(3, 6));
}

TEST_CASE("damaged and overlong lines are skipped, and counted") {
    const TemporaryLog log;
    {
        LogWriter writer = log.writer();
        append(writer, Stream::Output, numbered(0));
    }
    std::ofstream(log.path(), std::ios::app) << "rubbish\n"
                                             << std::string(kMaxEntryLine * 3, 'x') << "\n\n";
    LogWriter writer = log.writer();
    append(writer, Stream::Output, numbered(1));
    auto reader = LogReader::open({log.path(), {}, {}, {}}).value();
    CHECK(TemporaryLog::rest(reader) == lines(0, 2));
    CHECK(reader.skipped() == 3);
}

}  // namespace bulkhead::logs
