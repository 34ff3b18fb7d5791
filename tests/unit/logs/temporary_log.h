// A log in a directory of its own, which goes with this object. For tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "host/logs/log_reader.h"
#include "host/logs/log_writer.h"

namespace bulkhead::logs {

class TemporaryLog {
  public:
    TemporaryLog() {
        folder_ = (std::filesystem::temp_directory_path() / "bulkhead-log-XXXXXX").string();
        REQUIRE(::mkdtemp(folder_.data()) != nullptr);
    }

    TemporaryLog(const TemporaryLog&) = delete;
    TemporaryLog& operator=(const TemporaryLog&) = delete;

    ~TemporaryLog() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path(int number = 0) const {
        return folder_ + "/c.log" + (number == 0 ? "" : "." + std::to_string(number));
    }

    [[nodiscard]] LogWriter writer(std::uint64_t max_bytes = 1U << 20U,
                                   std::uint32_t max_files = 3) const {
        return LogWriter::open({path(), max_bytes, max_files}).value();
    }

    [[nodiscard]] std::string content(int number = 0) const {
        std::ifstream file(path(number));
        return {std::istreambuf_iterator<char>(file), {}};
    }

    [[nodiscard]] bool exists(int number) const { return std::filesystem::exists(path(number)); }

    // The texts of what a fresh reader finds.
    [[nodiscard]] std::vector<std::string> texts(LogReader::Options options = {}) const {
        options.path = path();
        auto reader = LogReader::open(std::move(options)).value();
        return rest(reader);
    }

    static std::vector<std::string> rest(LogReader& reader) {
        std::vector<std::string> texts;
        while (auto entry = reader.next().value()) texts.push_back(entry->text);
        return texts;
    }

  private:
    std::string folder_;
};

inline void append(LogWriter& writer, Stream stream, std::string_view text,
                   std::int64_t time_ns = 0) {
    writer.append(stream, std::as_bytes(std::span(text)), time_ns);
}

}  // namespace bulkhead::logs
