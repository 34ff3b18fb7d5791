// Flags of run and create: the container's life, its log, and how the command is attached to it.
#include <algorithm>
#include <cctype>

#include "host/runtime/duration.h"
#include "host/runtime/signals.h"
#include "tools/bulkhead/flag_values.h"
#include "tools/bulkhead/run_flag_groups.h"

namespace bulkhead::cli {

namespace {

Result<std::string> parse_attach(std::string_view text) {
    if (text == "stdin" || text == "stdout" || text == "stderr") return std::string(text);
    return Error("valid streams are STDIN, STDOUT and STDERR");
}

Result<std::string> parse_attach_flag(const std::string& text) {
    std::string lower = text;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return parse_attach(lower);
}

Result<Pull> parse_pull(const std::string& text) {
    if (text == "missing") return Pull::Missing;
    if (text == "never") return Pull::Never;
    if (text == "always")
        return Error("there is no registry to pull from: images come with `bulkhead load`");
    return Error(concat("invalid pull option: '", text,
                        "': must be one of \"always\", \"missing\" or \"never\""));
}

Result<void> check_driver(const std::string& name) {
    return runtime::check_log_driver(name);
}

}  // namespace

Result<std::uint32_t> parse_seconds(std::string_view text) {
    constexpr std::uint32_t kLongest = 86'400;
    if (text.ends_with('s')) text.remove_suffix(1);
    const auto seconds = parse_integer<std::uint32_t>(text, 0, kLongest);
    if (!seconds) return Error("want a number of seconds");
    return *seconds;
}

void add_lifecycle_flags(RunFlags& target, std::vector<Flag>& flags) {
    append_group(
        "The container",
        {{"interactive", 'i', "", "keep standard input open", store(target.interactive)},
         {"tty", 't', "", "give the container a terminal", store(target.terminal)},
         {"init", '\0', "", "PID 1 is a small init: reaps orphans, passes signals on",
          store(target.init)},
         {"rm", '\0', "", "remove the container when it ends", store(target.auto_remove)},
         {"name", '\0', "NAME", "the container's name", store(target.name)},
         {"label", 'l', "KEY[=VALUE]", "a label",
          [&target](const std::string& value) { return add_pair(value, "label", target.labels); }},
         {"label-file", '\0', "FILE", "read labels from a file", append(target.label_files)},
         {"cidfile", '\0', "FILE", "write the container's id to a new file",
          store(target.cid_file)},
         {"restart", '\0', "POLICY", "no, always, unless-stopped, on-failure[:TIMES]",
          parsed_into(target.restart, runtime::parse_restart_policy)},
         {"stop-signal", '\0', "SIGNAL", "that `stop` sends (default the image's, or TERM)",
          [&target](const std::string& value) -> Result<void> {
              target.stop_signal = static_cast<std::uint32_t>(TRY(runtime::parse_signal(value)));
              return {};
          }},
         {"stop-timeout", '\0', "SECONDS", "that `stop` waits before it kills (default 10)",
          parsed_into(target.stop_timeout_seconds, parse_seconds)},
         {"ttl", '\0', "DURATION", "stop it this long after its start, as 1h30m",
          parsed_into(target.ttl, runtime::parse_duration)},
         {"idle-timeout", '\0', "DURATION", "stop it after so long without input, output or exec",
          parsed_into(target.idle_timeout, runtime::parse_duration)},
         {"log-driver", '\0', "NAME", "json-file, the only one", check_driver},
         {"log-opt", '\0', "KEY=VALUE", "max-size=BYTES, max-file=NUMBER",
          [&target](const std::string& value) {
              return runtime::set_log_option(value, target.log);
          }},
         {"attach", 'a', "STREAM", "only these of stdin, stdout, stderr",
          parsed_onto(target.attach, parse_attach_flag)},
         detach_keys_flag(target.detach_keys),
         {"pull", '\0', "WHEN", "missing or never: images are local",
          parsed_into(target.pull, parse_pull)},
         {"platform", '\0', "OS/ARCH", "refuse an image of another platform",
          store(target.platform)},
         {"config", '\0', "CONFIG.JSON", "run an OCI runtime bundle instead of an image",
          store(target.bundle)}},
        flags);
}

}  // namespace bulkhead::cli
