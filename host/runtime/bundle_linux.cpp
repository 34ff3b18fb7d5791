// A bundle's config.json: linux.
#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "base/text.h"
#include "host/runtime/bundle.h"
#include "host/runtime/json_node.h"
#include "host/runtime/seccomp_profile.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

constexpr std::array<std::string_view, 8> kNamespaces = {"pid",  "mount", "uts",     "ipc",
                                                         "user", "time",  "network", "cgroup"};

Result<void> read_namespaces(const JsonNode& json, oci::v1::Linux& linux) {
    std::set<std::string> seen;
    for (const JsonNode& each : TRY(json.objects("namespaces"))) {
        const std::string type = TRY(each.text("type"));
        if (std::find(kNamespaces.begin(), kNamespaces.end(), type) == kNamespaces.end())
            return each.error("type", concat("there is no namespace \"", type, "\""));
        if (!seen.insert(type).second) return each.error("type", concat("\"", type, "\" twice"));
        if (!TRY(each.text("path")).empty()) {
            return each.error("path",
                              "a namespace of the host cannot be joined: the container has a "
                              "machine of its own");
        }
        linux.add_namespaces()->set_type(type);
    }
    if (!seen.contains("mount"))
        return json.error("namespaces", "\"mount\" is missing, which every container has");
    return {};
}

Result<void> read_mappings(const JsonNode& json, const char* name,
                           google::protobuf::RepeatedPtrField<oci::v1::IdMapping>& mappings) {
    for (const JsonNode& each : TRY(json.objects(name))) {
        auto& mapping = *mappings.Add();
        mapping.set_container_id(TRY(each.id("containerID")).value_or(0));
        mapping.set_host_id(TRY(each.id("hostID")).value_or(0));
        mapping.set_size(TRY(each.id("size")).value_or(0));
    }
    return {};
}

Result<void> read_devices(const JsonNode& json, oci::v1::Linux& linux) {
    constexpr std::int64_t kMostMajor = (1 << 12) - 1;
    constexpr std::int64_t kMostMinor = (1 << 20) - 1;
    constexpr std::int64_t kMostMode = 07777;
    for (const JsonNode& each : TRY(json.objects("devices"))) {
        auto& device = *linux.add_devices();
        device.set_path(TRY(each.text("path")));
        device.set_type(TRY(each.text("type")));
        if (!device.path().starts_with('/')) return each.error("path", "not an absolute path");
        if (device.type().size() != 1 ||
            std::string_view("cbup").find(device.type()) == std::string_view::npos)
            return each.error("type", "not one of c, b, u and p");
        device.set_major(TRY(each.integer("major", 0, kMostMajor)).value_or(0));
        device.set_minor(TRY(each.integer("minor", 0, kMostMinor)).value_or(0));
        if (const auto mode = TRY(each.integer("fileMode", 0, 0177777)); mode)
            device.set_file_mode(static_cast<std::uint32_t>(*mode & kMostMode));
        if (const auto uid = TRY(each.id("uid")); uid) device.set_uid(*uid);
        if (const auto gid = TRY(each.id("gid")); gid) device.set_gid(*gid);
    }
    return {};
}

Result<void> read_paths(const JsonNode& json, const char* name,
                        google::protobuf::RepeatedPtrField<std::string>& paths) {
    for (const std::string& path : TRY(json.texts(name))) {
        if (!path.starts_with('/'))
            return json.error(name, concat("\"", path, "\" is not absolute"));
        paths.Add()->assign(path);
    }
    return {};
}

Result<void> read_seccomp(const JsonNode& json, std::string_view machine, oci::v1::Linux& linux) {
    const auto wanted = TRY(json.object("seccomp"));
    if (!wanted) return {};
    const auto profile =
        TRY_CONTEXT(parse_seccomp_profile(wanted->dump()), json.path_of("seccomp"));
    *linux.mutable_seccomp() = resolve_seccomp(profile, {}, machine);
    return {};
}

Result<void> read_time(const JsonNode& json, oci::v1::Linux& linux) {
    constexpr std::int64_t kMostSeconds = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
    for (const auto& [clock, offset] : TRY(json.object_map("timeOffsets"))) {
        auto& target = (*linux.mutable_time_offsets())[clock];
        target.set_seconds(TRY(offset.integer("secs", -kMostSeconds, kMostSeconds)).value_or(0));
        target.set_nanoseconds(static_cast<std::uint32_t>(
            TRY(offset.integer("nanosecs", 0, 999'999'999)).value_or(0)));
    }
    return {};
}

Result<void> read_personality(const JsonNode& json, oci::v1::Linux& linux) {
    const auto wanted = TRY(json.object("personality"));
    if (!wanted) return {};
    linux.set_personality_domain(TRY(wanted->text("domain")));
    if (linux.personality_domain() != "LINUX" && linux.personality_domain() != "LINUX32")
        return wanted->error("domain", "not LINUX or LINUX32");
    if (!TRY(wanted->texts("flags")).empty()) return wanted->error("flags", "no flag is defined");
    return {};
}

Result<void> refuse_rest(const JsonNode& json) {
    if (!TRY(json.text("mountLabel")).empty())
        return json.error("mountLabel", "the guest's kernel has no SELinux");
    if (json.has("intelRdt"))
        return json.error("intelRdt", "the processor's caches are the host's, not the guest's");
    return {};
}

}  // namespace

Result<void> read_linux(const JsonNode& json, std::string_view machine, oci::v1::Linux& linux) {
    TRY(read_namespaces(json, linux));
    TRY(read_mappings(json, "uidMappings", *linux.mutable_uid_mappings()));
    TRY(read_mappings(json, "gidMappings", *linux.mutable_gid_mappings()));
    TRY(read_devices(json, linux));
    TRY(read_paths(json, "maskedPaths", *linux.mutable_masked_paths()));
    TRY(read_paths(json, "readonlyPaths", *linux.mutable_readonly_paths()));
    for (const auto& [key, value] : TRY(json.text_map("sysctl")))
        (*linux.mutable_sysctl())[key] = value;
    linux.set_rootfs_propagation(TRY(json.text("rootfsPropagation")));
    TRY(read_seccomp(json, machine, linux));
    TRY(read_time(json, linux));
    TRY(read_personality(json, linux));
    TRY(refuse_rest(json));
    // cgroupsPath has no meaning in a guest, whose one container is in /container.
    const auto resources = TRY(json.object("resources"));
    if (resources) TRY(read_resources(*resources, *linux.mutable_resources()));
    return {};
}

}  // namespace bulkhead::runtime
