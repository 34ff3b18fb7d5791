// Small texts that come with files, processes and images: a guest's list of changes, the kernel's
// files about processes, a user's Dockerfile instructions.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/syscalls.h"
#include "guest-agent/usage/proc_text.h"
#include "host/engine/process_use.h"
#include "host/image/config_change.h"
#include "tools/bulkhead/changes.h"
#include "tools/bulkhead/copy_paths.h"
#include "tools/bulkhead/process_list.h"

namespace {

using namespace bulkhead;  // NOLINT(google-build-using-namespace)

void read_changes(std::string_view text) {
    const UniqueFd file(::memfd_create("changes", MFD_CLOEXEC));
    BULKHEAD_CHECK(write_full(file.get(), std::as_bytes(std::span(text))).ok());
    ::lseek(file.get(), 0, SEEK_SET);
    cli::ChangeReader changes(file.get());
    for (;;) {
        const auto change = changes.next();
        if (!change || !*change) return;
        BULKHEAD_CHECK((*change)->path.starts_with('/'));
    }
}

void split_copy(const std::string& text) {
    const cli::CopyArgument argument = cli::parse_copy_argument(text);
    const cli::SplitPath place = cli::split_path(argument.path);
    BULKHEAD_CHECK(!place.directory.empty() && !place.name.empty());
    BULKHEAD_CHECK(place.name.find('/') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    read_changes(text);
    split_copy(text);
    static_cast<void>(image::change_config("{}", {text}));
    static_cast<void>(image::change_config(text, {"ENV a=b", "WORKDIR x", "LABEL c=d"}));
    static_cast<void>(cli::process_columns({"-o", text}));
    static_cast<void>(agent::parse_process_fields(text));
    static_cast<void>(agent::value_of(text, "key"));
    static_cast<void>(engine::parse_memory_use(text));
    return 0;
}
