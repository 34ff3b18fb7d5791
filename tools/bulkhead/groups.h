// docker's management words: `bulkhead container VERB`, `bulkhead image VERB`, `bulkhead system
// VERB`, `bulkhead checkpoint VERB`; and `bulkhead template VERB`, which docker has not. Thread:
// any.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

struct GroupVerb {
    std::string_view name;
    const Command* command;
    std::string_view other_name = {};
};

struct Group {
    std::string_view name;
    std::string_view summary;
    std::span<const GroupVerb> verbs;
    // What words that begin with no verb are for; mostly nothing.
    const Command* usual = nullptr;
};

std::span<const Group> groups();

const Group* find_group(std::string_view name);
const Command* find_verb(const Group& group, std::string_view name);

// The word behind the group's name, and what belongs to it.
int run_group(const Group& group, const Context& context, const Words& words);

// "bulkhead container ls", for each way to call the command but its own name.
std::vector<std::string> aliases_of(const Command& command);

// A list of words and what they mean, aligned.
std::string words_help(const std::vector<std::pair<std::string, std::string>>& words);

}  // namespace bulkhead::cli
