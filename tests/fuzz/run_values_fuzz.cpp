// The small languages of `bulkhead run`'s flags, env files, and a container's record on disk. What
// is accepted must mean the same when it is written and read once more.
#include <cstdint>

#include "base/check.h"
#include "base/utf8.h"
#include "host/runtime/environment.h"
#include "host/runtime/quantities.h"
#include "host/runtime/tmpfs.h"
#include "host/runtime/ulimit.h"
#include "host/state/record.h"

namespace {

using namespace bulkhead;           // NOLINT(google-build-using-namespace)
using namespace bulkhead::runtime;  // NOLINT(google-build-using-namespace)

void check_quantities(std::string_view text) {
    if (const auto bytes = parse_bytes(text)) {
        const auto again = parse_bytes(std::to_string(*bytes));
        BULKHEAD_CHECK(again && *again == *bytes);
    }
    if (const auto cpus = parse_cpus(text)) BULKHEAD_CHECK(cpus->whole_cpus() > 0);
    if (const auto limit = parse_ulimit(text)) BULKHEAD_CHECK(limit->soft <= limit->hard);
}

void check_tmpfs(std::string_view text) {
    const auto tmpfs = parse_tmpfs(text);
    if (!tmpfs) return;
    BULKHEAD_CHECK(tmpfs->destination.size() > 1 && tmpfs->destination.front() == '/');
    BULKHEAD_CHECK(*clean_absolute_path(tmpfs->destination) == tmpfs->destination);
    BULKHEAD_CHECK((tmpfs->destination + "/").find("/../") == std::string::npos);
}

void check_environment(std::string_view text) {
    const auto variables =
        parse_env_file(text, "file", [](const std::string&) { return std::optional("value"); });
    if (!variables) return;
    for (const std::string& variable : *variables) {
        BULKHEAD_CHECK(is_utf8(variable));
        BULKHEAD_CHECK(variable.find('=') != std::string::npos && variable.front() != '=');
        BULKHEAD_CHECK(variable.find('\n') == std::string::npos);
    }
    const Environment merged = merge_environment({}, *variables);
    BULKHEAD_CHECK(merge_environment(merged, *variables) == merged);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // SAFETY: char and unsigned char may alias.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_quantities(text);
    check_tmpfs(text);
    check_environment(text);
    if (const auto record = state::parse_record(text)) {
        const auto again = state::parse_record(state::to_json(*record));
        BULKHEAD_CHECK(again && state::to_json(*again) == state::to_json(*record));
    }
    return 0;
}
