#include "tools/bulkhead/verb_table.h"

#include <algorithm>
#include <iostream>
#include <sstream>

#include "base/text.h"
#include "tools/bulkhead/global_flags.h"
#include "tools/bulkhead/groups.h"

namespace bulkhead::cli {

namespace {

// What is printed while this lives is kept.
class Captured {
  public:
    Captured() : before_(std::cout.rdbuf(text_.rdbuf())) {}

    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

    ~Captured() { std::cout.rdbuf(before_); }

    [[nodiscard]] std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::streambuf* before_;
};

std::vector<FlagWords> parse_lines(const std::string& text) {
    std::vector<FlagWords> flags;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        FlagWords flag;
        std::istringstream cells(line);
        std::getline(cells, flag.name, '\t');
        std::getline(cells, flag.letter, '\t');
        std::getline(cells, flag.value_name, '\t');
        std::getline(cells, flag.help);
        flags.push_back(std::move(flag));
    }
    return flags;
}

}  // namespace

std::string flag_lines(const std::vector<Flag>& flags) {
    std::string text;
    for (const Flag& flag : flags) {
        // As in the help text.
        if (flag.group == kUnlisted) continue;
        text += concat(flag.name, "\t", flag.letter == '\0' ? "" : std::string(1, flag.letter),
                       "\t", flag.value_name, "\t", flag.help, "\n");
    }
    return text;
}

std::vector<FlagWords> flags_of(const Command& command) {
    const Captured output;
    static_cast<void>(command.run({}, {std::string(kDescribeFlags)}));
    return parse_lines(output.text());
}

std::vector<FlagWords> global_flag_words() {
    GlobalFlags target;
    return parse_lines(flag_lines(global_flags(target)));
}

std::vector<const Command*> grouped_only(std::span<const Command* const> commands) {
    std::vector<const Command*> found;
    for (const Group& group : groups()) {
        for (const GroupVerb& verb : group.verbs) {
            if (std::find(commands.begin(), commands.end(), verb.command) == commands.end())
                found.push_back(verb.command);
        }
    }
    return found;
}

}  // namespace bulkhead::cli
