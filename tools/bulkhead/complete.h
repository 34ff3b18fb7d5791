// What may come next on a command line, for the shells' completion. Thread: main.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

struct Candidate {
    std::string word;
    std::string meaning;
};

struct Completion {
    std::vector<Candidate> candidates;
    bool files = false;  // the shell's own completion of paths, too
};

// What is on this machine; asked for only when it is needed.
struct KnownNames {
    std::function<std::vector<Candidate>()> containers;
    std::function<std::vector<Candidate>()> images;
    std::function<std::vector<Candidate>()> templates;
    std::function<std::vector<Candidate>()> checkpoints;
};

// `words`: all behind "bulkhead", the last of them the one that is being typed, which may be empty.
Completion complete(std::span<const Command* const> commands, const Words& words,
                    const KnownNames& names);

}  // namespace bulkhead::cli
