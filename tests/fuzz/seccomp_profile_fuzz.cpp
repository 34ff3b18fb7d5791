// A seccomp profile file that somebody was given, and what becomes of it for a container.
#include <cstdint>

#include "base/check.h"
#include "base/utf8.h"
#include "base/words.h"
#include "host/runtime/seccomp_profile.h"
#include "proto/oci.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead::runtime;  // NOLINT(google-build-using-namespace)
    // SAFETY: char and unsigned char may alias.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto profile = parse_seccomp_profile(text);
    if (!profile) return 0;
    for (const char* machine : {"x86_64", "aarch64", "other"}) {
        const auto seccomp = resolve_seccomp(*profile, {"CAP_KILL"}, machine);
        BULKHEAD_CHECK(seccomp.default_action() == profile->default_action);
        for (const auto& rule : seccomp.syscalls()) {
            BULKHEAD_CHECK(!bulkhead::words_of(rule.names()).empty());
            BULKHEAD_CHECK(bulkhead::is_utf8(rule.names()));
            for (const auto& argument : rule.args()) BULKHEAD_CHECK(argument.index() < 6);
        }
    }
    return 0;
}
