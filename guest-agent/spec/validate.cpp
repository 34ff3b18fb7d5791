#include "guest-agent/spec/validate.h"

#include "guest-agent/spec/check.h"
#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

Result<void> validate_root(const v1::RootFilesystem& root) {
    constexpr std::size_t kMaxSerial = 20;  // virtio 1.2 §5.2.6: VIRTIO_BLK_ID_BYTES
    TRY(check_text(root.lower_serial(), kMaxSerial, "root: lower serial"));
    if (root.lower_serial().empty()) return Error("root: no lower serial");
    if (root.upper_case() == v1::RootFilesystem::kUpperSerial) {
        TRY(check_text(root.upper_serial(), kMaxSerial, "root: upper serial"));
        if (root.upper_serial().empty()) return Error("root: empty upper serial");
    }
    return {};
}

Result<void> validate_files(const v1::StartRequest& request) {
    TRY(check_count(request.files(), kMaxInjectedFiles, "files"));
    std::size_t total = 0;
    for (const auto& file : request.files()) {
        TRY(check_path(file.path(), "files: path"));
        total += file.content().size();
    }
    if (total > kMaxInjectedBytes) {
        return Error(
            concat("files: ", total, " bytes, at most ", kMaxInjectedBytes, " are allowed"));
    }
    return {};
}

Result<void> validate_mounts(const oci::v1::Spec& spec) {
    TRY(check_count(spec.mounts(), kMaxEntries, "mounts"));
    for (const auto& mount : spec.mounts()) {
        TRY(check_path(mount.destination(), "mounts: destination"));
        TRY(check_text(mount.type(), kMaxText, "mounts: type"));
        TRY(check_text(mount.source(), kMaxPath - 1, "mounts: source"));
        TRY(check_count(mount.options(), kMaxEntries, "mounts: options"));
        for (const auto& option : mount.options())
            TRY(check_text(option, kMaxText, "mounts: option"));
    }
    return {};
}

Result<void> validate_hooks(const oci::v1::Hooks& hooks) {
    for (const auto* list : {&hooks.create_container(), &hooks.start_container(),
                             &hooks.poststart(), &hooks.poststop()}) {
        TRY(check_count(*list, kMaxEntries, "hooks"));
        for (const auto& hook : *list) {
            TRY(check_path(hook.path(), "hooks: path"));
            TRY(check_count(hook.args(), kMaxEntries, "hooks: args"));
            for (const auto& each : hook.args()) TRY(check_text(each, kMaxText, "hooks: argument"));
            TRY(check_count(hook.env(), kMaxEntries, "hooks: env"));
            for (const auto& each : hook.env()) TRY(check_text(each, kMaxText, "hooks: variable"));
        }
    }
    return {};
}

Result<void> validate_streams(const v1::StandardStreams& streams, bool terminal) {
    if (terminal && streams.stderr_port() != 0) {
        return Error("streams: with a terminal there is no separate standard error");
    }
    return {};
}

}  // namespace

Result<void> validate(const v1::StartRequest& request) {
    TRY(check_count(request.entropy(), kMaxEntropy, "entropy"));
    TRY(validate_root(request.root()));
    TRY(validate_files(request));
    const oci::v1::Spec& spec = request.spec();
    TRY(check_text(spec.hostname(), kMaxHostname, "hostname"));
    TRY(check_text(spec.domainname(), kMaxHostname, "domainname"));
    TRY(validate_mounts(spec));
    TRY(validate_linux(spec));
    TRY(validate_process(spec.process()));
    TRY(validate_hooks(spec.hooks()));
    TRY(check_count(spec.annotations(), kMaxEntries, "annotations"));
    TRY(check_text(request.container_id(), kMaxText, "container id"));
    return validate_streams(request.streams(), spec.process().terminal());
}

Result<void> validate(const v1::ExecRequest& request) {
    TRY(check_text(request.id(), kMaxProcessId, "id"));
    if (request.id().empty()) return Error("id: empty");
    if (request.id() == protocol::kInitProcess)
        return Error("id: \"init\" is the container's first process");
    TRY(validate_process(request.process()));
    return validate_streams(request.streams(), request.process().terminal());
}

}  // namespace bulkhead::agent
