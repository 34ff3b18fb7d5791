#include "tools/bulkhead/flags.h"

#include <algorithm>

#include "base/text.h"
#include "tools/bulkhead/suggest.h"

namespace bulkhead::cli {

namespace {

class FlagParser {
  public:
    FlagParser(const Words& words, const std::vector<Flag>& flags, Placement placement)
        : words_(words), flags_(flags), placement_(placement) {}

    Result<Words> parse() {
        Words arguments;
        while (next_ < words_.size()) {
            const std::string& word = words_[next_];
            const bool is_flag = word.size() > 1 && word.front() == '-';
            if (!is_flag) {
                if (placement_ == Placement::BeforeArguments) break;
                arguments.push_back(word);
                ++next_;
                continue;
            }
            ++next_;
            if (word == "--") break;
            TRY(word.starts_with("--") ? parse_long(word) : parse_letters(word));
        }
        arguments.insert(arguments.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_),
                         words_.end());
        return arguments;
    }

  private:
    Result<void> parse_long(const std::string& word) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
        const auto flag = std::find_if(flags_.begin(), flags_.end(),
                                       [&](const Flag& each) { return each.name == name; });
        if (flag == flags_.end()) return unknown(name);
        if (equals != std::string::npos) return apply(*flag, word.substr(equals + 1));
        if (flag->value_name.empty()) return apply(*flag, "true");
        if (next_ == words_.size()) return Error("flag needs an argument: --" + name);
        return apply(*flag, words_[next_++]);
    }

    Result<void> parse_letters(const std::string& word) {
        for (std::size_t at = 1; at < word.size(); ++at) {
            const char letter = word[at];
            const auto flag = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& each) {
                return each.letter != '\0' && each.letter == letter;
            });
            if (flag == flags_.end())
                return Error(concat("unknown shorthand flag: '", letter, "' in ", word));
            const std::string rest = word.substr(at + 1);
            if (rest.starts_with('=')) return apply(*flag, rest.substr(1));
            if (flag->value_name.empty()) {
                TRY(apply(*flag, "true"));
                continue;
            }
            if (!rest.empty()) return apply(*flag, rest);
            if (next_ == words_.size())
                return Error(concat("flag needs an argument: '", letter, "' in ", word));
            return apply(*flag, words_[next_++]);
        }
        return {};
    }

    [[nodiscard]] Error unknown(const std::string& name) const {
        Words names;
        for (const Flag& flag : flags_) {
            if (flag.group != kUnlisted) names.push_back(flag.name);
        }
        const std::string nearest = suggest(name, names);
        return Error(concat("unknown flag: --", name,
                            nearest.empty() ? "" : "; did you mean --" + nearest + "?"));
    }

    static Result<void> apply(const Flag& flag, const std::string& value) {
        auto set = flag.set(value);
        if (set) return {};
        const std::string shown =
            flag.letter == '\0' ? "--" + flag.name : concat("-", flag.letter, ", --", flag.name);
        return Error(concat("invalid argument \"", value, "\" for \"", shown,
                            "\" flag: ", set.error().message()));
    }

    const Words& words_;
    const std::vector<Flag>& flags_;
    Placement placement_;
    std::size_t next_ = 0;
};

// "  -m, --memory BYTES"
std::string left_of(const Flag& flag) {
    const std::string letter = flag.letter == '\0' ? "    " : concat("-", flag.letter, ", ");
    return concat("  ", letter, "--", flag.name, flag.value_name.empty() ? "" : " ",
                  flag.value_name);
}

}  // namespace

Result<Words> parse_flags(const Words& words, const std::vector<Flag>& flags, Placement placement) {
    return FlagParser(words, flags, placement).parse();
}

std::string flags_help(const std::vector<Flag>& flags) {
    std::size_t width = 0;
    for (const Flag& flag : flags) {
        if (flag.group != kUnlisted) width = std::max(width, left_of(flag).size());
    }
    std::string text;
    std::string group;
    for (const Flag& flag : flags) {
        if (flag.group == kUnlisted) continue;
        if (flag.group != group) {
            group = flag.group;
            text += concat(text.empty() ? "" : "\n", group, ":\n");
        }
        const std::string left = left_of(flag);
        text += left + std::string(width + 2 - left.size(), ' ') + flag.help + "\n";
    }
    return text;
}

std::function<Result<void>(const std::string&)> store(bool& target) {
    return [&target](const std::string& value) -> Result<void> {
        const bool yes = value == "true" || value == "1";
        if (!yes && value != "false" && value != "0") return Error("want true or false");
        target = yes;
        return {};
    };
}

std::function<Result<void>(const std::string&)> store(std::string& target) {
    return [&target](const std::string& value) -> Result<void> {
        target = value;
        return {};
    };
}

std::function<Result<void>(const std::string&)> append(std::vector<std::string>& target) {
    return [&target](const std::string& value) -> Result<void> {
        target.push_back(value);
        return {};
    };
}

}  // namespace bulkhead::cli
