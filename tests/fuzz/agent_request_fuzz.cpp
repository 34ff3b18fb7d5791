// A host's StartRequest as the agent sees it: parsed, validated, and turned into what the system
// calls want, all of it pure.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "guest-agent/cgroup/settings.h"
#include "guest-agent/seccomp/program.h"
#include "guest-agent/spec/limits.h"
#include "guest-agent/spec/mount_options.h"
#include "guest-agent/spec/namespaces.h"
#include "guest-agent/spec/validate.h"
#include "guest-agent/user/lookup.h"
#include "proto/agent.pb.h"

namespace {

using bulkhead::agent::v1::StartRequest;

void require(bool condition) {
    if (!condition) std::abort();
}

void check_mounts(const bulkhead::oci::v1::Spec& spec) {
    for (const auto& mount : spec.mounts()) {
        require(mount.destination().find('\0') == std::string::npos);
        const std::vector<std::string> options(mount.options().begin(), mount.options().end());
        const auto parsed = bulkhead::agent::parse_mount_options(options);
        require(parsed.filesystem.size() <= options.size());
    }
}

void check_seccomp(const bulkhead::oci::v1::Seccomp& profile) {
    const auto program = bulkhead::agent::compile_seccomp(profile);
    if (!program) return;
    require(program->instructions.size() <= BPF_MAXINSNS);
    require(program->instructions.empty() == profile.default_action().empty());
}

// The injected file's bytes stand in for the container's account files, which are hostile too.
void check_user(const StartRequest& request) {
    const std::string accounts = request.files_size() > 0 ? request.files(0).content() : "";
    const auto found =
        bulkhead::agent::look_up(request.spec().process().user(), accounts, accounts);
    if (found) require(found->groups.size() <= 65536);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kMaxInput = 64 * 1024;
    if (size > kMaxInput) return 0;
    StartRequest request;
    if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
    if (!bulkhead::agent::validate(request)) return 0;
    require(request.entropy().size() <= bulkhead::agent::kMaxEntropy);
    require(bulkhead::agent::namespace_flags(request.spec()) != 0);
    check_mounts(request.spec());
    check_seccomp(request.spec().linux().seccomp());
    check_user(request);
    static_cast<void>(bulkhead::agent::cgroup_settings(request.spec().linux().resources()));
    return 0;
}
