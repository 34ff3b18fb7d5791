#include "tools/bulkhead/complete.h"

#include <algorithm>
#include <sstream>

#include "tools/bulkhead/groups.h"
#include "tools/bulkhead/verb_table.h"

namespace bulkhead::cli {

namespace {

bool has_word(const std::string& text, std::string_view word) {
    return text.find(word) != std::string::npos;
}

bool has_capital(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Whether a flag's value follows as a word of its own.
bool takes_next_word(const std::vector<FlagWords>& flags, const std::string& word,
                     std::string& value_name) {
    if (word.size() < 2 || word.front() != '-' || has_word(word, "=")) return false;
    const bool is_long = word.starts_with("--");
    // Of several letters in one word only the last can have its value behind it.
    const std::string name = is_long ? word.substr(2) : word.substr(word.size() - 1);
    for (const FlagWords& flag : flags) {
        if (flag.value_name.empty() || (is_long ? flag.name : flag.letter) != name) continue;
        value_name = flag.value_name;
        return true;
    }
    return false;
}

// "stop [FLAGS] CONTAINER..." -> {"CONTAINER..."}
Words places_of(const Command& command) {
    std::istringstream usage{std::string(command.usage)};
    Words places;
    for (std::string word; usage >> word;) {
        if (has_capital(word) && word != "[FLAGS]") places.push_back(word);
    }
    return places;
}

class Completer {
  public:
    Completer(std::span<const Command* const> commands, const Words& words, const KnownNames& names)
        : commands_(commands), words_(words), names_(names) {}

    Completion run() {
        if (words_.empty()) return {};
        const auto globals = global_flag_words();
        if (!skip_flags(globals)) return std::move(result_);
        if (is_current()) {
            if (current().starts_with('-')) {
                offer_flags(globals);
            } else {
                offer_verbs();
            }
            return std::move(result_);
        }
        const Command* command = take_command();
        if (command != nullptr) complete_arguments(*command);
        return std::move(result_);
    }

  private:
    [[nodiscard]] const std::string& current() const { return words_.back(); }

    [[nodiscard]] bool is_current() const { return next_ + 1 == words_.size(); }

    // Up to the next argument. False: the word being typed is a flag's value, and has been offered.
    bool skip_flags(const std::vector<FlagWords>& flags) {
        while (!is_current() && words_[next_].size() > 1 && words_[next_].front() == '-') {
            std::string value_name;
            const bool takes = takes_next_word(flags, words_[next_++], value_name);
            if (!takes) continue;
            if (is_current()) {
                offer_values(value_name);
                return false;
            }
            ++next_;
        }
        return true;
    }

    void offer(const std::string& word, const std::string& meaning) {
        if (word.starts_with(current())) result_.candidates.push_back({word, meaning});
    }

    void offer_flags(const std::vector<FlagWords>& flags) {
        for (const FlagWords& flag : flags) offer("--" + flag.name, flag.help);
    }

    void offer_verbs() {
        for (const Command* command : commands_)
            offer(std::string(command->name), std::string(command->summary));
        for (const Group& group : groups())
            offer(std::string(group.name), std::string(group.summary));
    }

    // "auto|never" -> "auto", "never"
    void offer_each_of(const std::string& values) {
        std::istringstream each(values);
        for (std::string word; std::getline(each, word, '|');) offer(word, "");
    }

    // A place of the usage line, or a flag's kind of value.
    void offer_values(const std::string& place) {
        if (has_word(place, "CONTAINER")) {
            for (const Candidate& each : names_.containers()) offer(each.word, each.meaning);
        }
        if (has_word(place, "IMAGE") || has_word(place, "REPOSITORY")) {
            for (const Candidate& each : names_.images()) offer(each.word, each.meaning);
        }
        if (has_word(place, "TEMPLATE")) {
            for (const Candidate& each : names_.templates()) offer(each.word, each.meaning);
        }
        if (has_word(place, "CHECKPOINT")) {
            for (const Candidate& each : names_.checkpoints()) offer(each.word, each.meaning);
        }
        if (has_word(place, "|") && !has_capital(place)) offer_each_of(place);
        if (has_word(place, "SHELL")) {
            for (const char* shell : {"bash", "zsh", "fish"}) offer(shell, "");
        }
        result_.files = result_.files || has_word(place, "PATH") || has_word(place, "FILE") ||
                        has_word(place, "DIR");
    }

    // Nothing when there is no such command, or its name is still being typed.
    const Command* take_command() {
        const std::string& word = words_[next_++];
        for (const Command* command : commands_) {
            if (command->name == word) return command;
        }
        const Group* group = find_group(word);
        if (group == nullptr) return nullptr;
        if (!is_current()) {
            const Command* verb = find_verb(*group, words_[next_]);
            if (verb == nullptr) return group->usual;
            ++next_;
            return verb;
        }
        for (const GroupVerb& verb : group->verbs)
            offer(std::string(verb.name), std::string(verb.command->summary));
        if (group->usual != nullptr) offer_values(places_of(*group->usual).front());
        return nullptr;
    }

    void complete_arguments(const Command& command) {
        const auto flags = flags_of(command);
        const Words places = places_of(command);
        std::size_t arguments = 0;
        while (true) {
            if (!skip_flags(flags)) return;
            if (is_current()) break;
            ++next_;
            ++arguments;
        }
        if (current().starts_with('-')) {
            offer_flags(flags);
            return;
        }
        if (places.empty()) return;
        if (arguments < places.size()) {
            offer_values(places[arguments]);
        } else if (places.back().find("...") != std::string::npos) {
            offer_values(places.back());
        }
    }

    std::span<const Command* const> commands_;
    const Words& words_;
    const KnownNames& names_;
    std::size_t next_ = 0;
    Completion result_;
};

}  // namespace

Completion complete(std::span<const Command* const> commands, const Words& words,
                    const KnownNames& names) {
    return Completer(commands, words, names).run();
}

}  // namespace bulkhead::cli
