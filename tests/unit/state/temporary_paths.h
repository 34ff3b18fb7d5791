// A root and a state directory for one test, removed with it.
#pragma once

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "host/state/state_store.h"

namespace bulkhead::state {

class TemporaryPaths {
  public:
    TemporaryPaths() {
        std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        directory_ = pattern;
    }

    TemporaryPaths(const TemporaryPaths&) = delete;
    TemporaryPaths& operator=(const TemporaryPaths&) = delete;

    ~TemporaryPaths() { std::filesystem::remove_all(directory_); }

    [[nodiscard]] Paths paths() const { return {directory_ + "/root", directory_ + "/state"}; }

    [[nodiscard]] StateStore open() const {
        auto store = StateStore::open(paths());
        if (!store) FAIL(store.error().message());
        return *std::move(store);
    }

    // Files and directories below, without the ones that every store has.
    [[nodiscard]] std::size_t leftovers() const {
        // root and its containers, names and logs; state and its containers and sockets
        constexpr std::size_t kFolders = 7;
        std::size_t count = 0;
        for (auto it = std::filesystem::recursive_directory_iterator(directory_);
             it != std::filesystem::recursive_directory_iterator(); ++it)
            ++count;
        return count - kFolders;
    }

  private:
    std::string directory_;
};

}  // namespace bulkhead::state
