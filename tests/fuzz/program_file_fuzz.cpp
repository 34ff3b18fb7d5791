// The beginning of any file of an image as a program's: looking for its interpreter stays in
// bounds, and gives a piece of it.
#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "guest-agent/launch/program_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto head = std::as_bytes(std::span(data, size));
    const std::string path = bulkhead::agent::interpreter_of(head);
    if (path.empty()) return 0;
    // SAFETY: char may look at the bytes of any object.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    BULKHEAD_CHECK(text.find(path) != std::string_view::npos);
    const bool is_script = text.starts_with("#!");
    BULKHEAD_CHECK(is_script || text.starts_with(ELFMAG));
    BULKHEAD_CHECK(path.find_first_of(is_script ? std::string_view(" \t\n")
                                                : std::string_view("\0", 1)) == std::string::npos);
    return 0;
}
