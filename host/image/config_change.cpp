#include "host/image/config_change.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "host/image/json_fields.h"

namespace bulkhead::image {

namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
    const auto start = text.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

Words strings_of(const Json& list) {
    Words words;
    for (const Json& each : list) words.push_back(each.get<std::string>());
    return words;
}

// ["a", "b"], if it is that.
std::optional<Words> json_words(std::string_view text) {
    if (!text.starts_with('[')) return std::nullopt;
    const auto list = parse_json(text);
    if (!list || !list->is_array()) return std::nullopt;
    if (!std::all_of(list->begin(), list->end(), [](const Json& each) { return each.is_string(); }))
        return std::nullopt;
    return strings_of(*list);
}

// A command: a list, or a line for the shell.
Json command_of(std::string_view text) {
    if (const auto words = json_words(text)) return *words;
    return Json::array({"/bin/sh", "-c", std::string(text)});
}

Result<std::pair<std::string, std::string>> pair_of(const std::string& word) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
        return Error(concat("\"", word, "\" is not NAME=VALUE"));
    return std::pair(word.substr(0, equals), word.substr(equals + 1));
}

// NAME=VALUE..., or NAME and the rest of the line.
Result<std::vector<std::pair<std::string, std::string>>> pairs_of(std::string_view text) {
    const Words words = TRY(instruction_words(text));
    std::vector<std::pair<std::string, std::string>> pairs;
    if (words.empty()) return Error("it needs at least one argument");
    if (words.front().find('=') == std::string::npos) {
        const auto blank = text.find_first_of(kBlanks);
        if (blank == std::string_view::npos) return Error("it needs a name and a value");
        pairs.emplace_back(text.substr(0, blank), trimmed(text.substr(blank)));
        return pairs;
    }
    for (const std::string& word : words) pairs.push_back(TRY(pair_of(word)));
    return pairs;
}

void set_variable(Json& list, const std::string& name, const std::string& value) {
    if (!list.is_array()) list = Json::array();
    const std::string start = name + "=";
    for (Json& each : list) {
        if (each.is_string() && each.get<std::string>().starts_with(start)) {
            each = start + value;
            return;
        }
    }
    list.push_back(start + value);
}

Result<void> change_environment(Json& config, std::string_view text) {
    for (const auto& [name, value] : TRY(pairs_of(text))) set_variable(config["Env"], name, value);
    return {};
}

Result<void> change_labels(Json& config, std::string_view text) {
    if (!config["Labels"].is_object()) config["Labels"] = Json::object();
    for (const auto& [name, value] : TRY(pairs_of(text))) config["Labels"][name] = value;
    return {};
}

void add_keys(Json& config, const char* name, const Words& keys) {
    if (!config[name].is_object()) config[name] = Json::object();
    for (const std::string& key : keys) config[name][key] = Json::object();
}

Result<void> change_ports(Json& config, std::string_view text) {
    constexpr int kMaxPort = 65535;
    Words ports = TRY(instruction_words(text));
    for (std::string& port : ports) {
        const auto slash = port.find('/');
        const std::string protocol = slash == std::string::npos ? "tcp" : port.substr(slash + 1);
        int number = 0;
        const char* const end = port.data() + std::min(slash, port.size());
        const auto parsed = std::from_chars(port.data(), end, number);
        const bool known = protocol == "tcp" || protocol == "udp" || protocol == "sctp";
        if (parsed.ec != std::errc() || parsed.ptr != end || number < 1 || number > kMaxPort ||
            !known)
            return Error(concat("invalid port \"", port, "\""));
        port = concat(number, "/", protocol);
    }
    add_keys(config, "ExposedPorts", ports);
    return {};
}

Result<void> change_volumes(Json& config, std::string_view text) {
    const auto list = json_words(text);
    add_keys(config, "Volumes", list ? *list : TRY(instruction_words(text)));
    return {};
}

void change_directory(Json& config, std::string_view text) {
    const Json* before = member(config, "WorkingDir");
    std::string base = before != nullptr && before->is_string() ? before->get<std::string>() : "/";
    if (!base.ends_with('/')) base += '/';
    config["WorkingDir"] = text.starts_with('/') ? std::string(text) : base + std::string(text);
}

// Go's durations: "1m30s", "500ms".
Result<std::int64_t> parse_duration(std::string_view text) {
    constexpr std::pair<std::string_view, double> kUnits[] = {
        {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    constexpr double kLongest = 1e18;
    double total = 0;
    const std::string whole(text);
    if (text.empty()) return Error("an empty duration");
    while (!text.empty()) {
        double value = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value,
                                            std::chars_format::fixed);
        if (parsed.ec != std::errc() || !std::isfinite(value) || value < 0)
            return Error(concat("invalid duration \"", whole, "\""));
        text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
        const auto length = std::min(text.find_first_of("0123456789."), text.size());
        const auto* const unit =
            std::find_if(std::begin(kUnits), std::end(kUnits),
                         [&](auto& each) { return each.first == text.substr(0, length); });
        if (unit == std::end(kUnits)) return Error(concat("invalid duration \"", whole, "\""));
        total += value * unit->second;
        text.remove_prefix(length);
    }
    if (total > kLongest) return Error(concat("the duration \"", whole, "\" is too long"));
    return static_cast<std::int64_t>(total);
}

Result<void> set_health_option(Json& check, std::string_view word) {
    constexpr std::pair<std::string_view, const char*> kDurations[] = {
        {"--interval=", "Interval"},
        {"--timeout=", "Timeout"},
        {"--start-period=", "StartPeriod"},
        {"--start-interval=", "StartInterval"}};
    for (const auto& [flag, name] : kDurations) {
        if (!word.starts_with(flag)) continue;
        check[name] = TRY(parse_duration(word.substr(flag.size())));
        return {};
    }
    constexpr std::string_view kRetries = "--retries=";
    if (!word.starts_with(kRetries)) return Error(concat("unknown flag ", word));
    int retries = 0;
    const std::string_view number = word.substr(kRetries.size());
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), retries);
    if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size() || retries < 0)
        return Error(concat("invalid number of retries \"", number, "\""));
    check["Retries"] = retries;
    return {};
}

Result<void> change_health(Json& config, std::string_view text) {
    Json check = Json::object();
    while (text.starts_with("--")) {
        const auto end = std::min(text.find_first_of(kBlanks), text.size());
        TRY(set_health_option(check, text.substr(0, end)));
        text = trimmed(text.substr(end));
    }
    constexpr std::string_view kCommand = "CMD";
    if (text == "NONE") {
        check["Test"] = Json::array({"NONE"});
    } else if (text.starts_with(kCommand) && text.size() > kCommand.size()) {
        text = trimmed(text.substr(kCommand.size()));
        Json test = Json::array({"CMD-SHELL", std::string(text)});
        if (const auto words = json_words(text)) {
            test = Json::array({"CMD"});
            for (const std::string& word : *words) test.push_back(word);
        }
        check["Test"] = std::move(test);
    } else {
        return Error("want NONE or [OPTIONS] CMD command");
    }
    config["Healthcheck"] = std::move(check);
    return {};
}

Result<void> change(Json& config, const std::string& name, std::string_view text) {
    if (text.empty()) return Error("it needs an argument");
    if (name == "ENV") return change_environment(config, text);
    if (name == "LABEL") return change_labels(config, text);
    if (name == "EXPOSE") return change_ports(config, text);
    if (name == "VOLUME") return change_volumes(config, text);
    if (name == "HEALTHCHECK") return change_health(config, text);
    if (name == "CMD") {
        config["Cmd"] = command_of(text);
    } else if (name == "ENTRYPOINT") {
        config["Entrypoint"] = command_of(text);
    } else if (name == "USER") {
        config["User"] = text;
    } else if (name == "STOPSIGNAL") {
        config["StopSignal"] = text;
    } else if (name == "WORKDIR") {
        change_directory(config, text);
    } else if (name == "ONBUILD") {
        if (!config["OnBuild"].is_array()) config["OnBuild"] = Json::array();
        config["OnBuild"].push_back(text);
    } else {
        return Error(
            "it is not one of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, "
            "STOPSIGNAL, USER, VOLUME, WORKDIR");
    }
    return {};
}

}  // namespace

Result<std::vector<std::string>> instruction_words(std::string_view text) {
    Words words;
    std::string word;
    bool in_word = false;
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char each = text[i];
        if (each == '\\' && quote != '\'' && i + 1 < text.size()) {
            word += text[++i];
            in_word = true;
        } else if (quote != '\0') {
            if (each == quote) {
                quote = '\0';
            } else {
                word += each;
            }
        } else if (each == '"' || each == '\'') {
            quote = each;
            in_word = true;
        } else if (each == ' ' || each == '\t') {
            if (in_word) words.push_back(std::exchange(word, {}));
            in_word = false;
        } else {
            word += each;
            in_word = true;
        }
    }
    if (quote != '\0') return Error("a quote is not closed");
    if (in_word) words.push_back(std::move(word));
    return words;
}

Result<std::string> change_config(std::string_view config_json,
                                  const std::vector<std::string>& instructions) {
    Json config = TRY(parse_json(config_json));
    if (!config.is_object()) return Error("the configuration is not a JSON object");
    bool entrypoint = false;
    bool command = false;
    for (const std::string& instruction : instructions) {
        const std::string_view text = trimmed(instruction);
        const auto end = std::min(text.find_first_of(kBlanks), text.size());
        std::string name(text.substr(0, end));
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        TRY_CONTEXT(change(config, name, trimmed(text.substr(end))),
                    concat("change \"", instruction, "\""));
        entrypoint |= name == "ENTRYPOINT";
        command |= name == "CMD";
    }
    // A new entrypoint does not get the arguments of the old one.
    if (entrypoint && !command) config.erase("Cmd");
    return json_text(config);
}

}  // namespace bulkhead::image
