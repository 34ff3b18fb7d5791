#include "host/templates/key.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <span>

#include <nlohmann/json.hpp>

#include "base/json_integer.h"
#include "base/text.h"
#include "base/utf8.h"
#include "host/image/digest.h"
#include "host/templates/slots.h"

namespace bulkhead::templates {

namespace {

using Json = nlohmann::json;

// Of what the host makes of a launch; the monitor's own format goes with the monitor.
constexpr int kFormat = 1;

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity identity_of(const std::string& path, const struct stat& status) {
    return {path,
            status.st_dev,
            status.st_ino,
            static_cast<std::uint64_t>(status.st_size),
            nanoseconds(status.st_mtim),
            nanoseconds(status.st_ctim)};
}

Json file_json(const FileIdentity& file) {
    return {
        {"path", file.path}, {"device", file.device},           {"inode", file.inode},
        {"size", file.size}, {"modified_ns", file.modified_ns}, {"changed_ns", file.changed_ns}};
}

bool read(const Json& json, const char* name, std::string& value) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_string()) return false;
    value = found->get<std::string>();
    return true;
}

template <std::integral Value>
bool read(const Json& json, const char* name, Value& value) {
    const auto found = json.find(name);
    if (found == json.end()) return false;
    const auto number = integer_of<Value>(*found);
    value = number.value_or(value);
    return number.has_value();
}

bool read_identity(const Json& json, FileIdentity& file) {
    return json.is_object() && read(json, "path", file.path) && read(json, "device", file.device) &&
           read(json, "inode", file.inode) && read(json, "size", file.size) &&
           read(json, "modified_ns", file.modified_ns) && read(json, "changed_ns", file.changed_ns);
}

bool read_file_identity(const Json& json, const char* name, FileIdentity& file) {
    const auto found = json.find(name);
    return found != json.end() && read_identity(*found, file);
}

Json prepared_json(const PreparedKey& prepared) {
    Json files = Json::array();
    for (const FileIdentity& file : prepared.image) files.push_back(file_json(file));
    return {{"container", prepared.container}, {"image", files}};
}

// Nothing of it is there: a machine's template.
bool read_prepared(const Json& json, std::optional<PreparedKey>& prepared) {
    const auto found = json.find("prepared");
    if (found == json.end()) return true;
    if (!found->is_object() || !found->contains("image") || !(*found)["image"].is_array())
        return false;
    prepared.emplace();
    for (const Json& file : (*found)["image"]) {
        if (!read_identity(file, prepared->image.emplace_back())) return false;
    }
    return read(*found, "container", prepared->container) && !prepared->container.empty();
}

}  // namespace

Result<FileIdentity> identity_of(const std::string& path) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) return errno_error(path);
    return identity_of(path, status);
}

Result<FileIdentity> identity_of(const UniqueFd& file, const std::string& path) {
    struct stat status {};

    if (::fstat(file.get(), &status) != 0) return errno_error(path);
    return identity_of(path, status);
}

std::string Key::id() const {
    const std::string text = to_json(*this).dump(-1, ' ', false, Json::error_handler_t::replace);
    return image::digest_of(image::DigestAlgorithm::Sha256, std::as_bytes(std::span(text))).hex();
}

Result<Key> key_of(const sandbox::Launch& launch, const Paths& paths, const Host& host) {
    if (!launch.kernel.valid() || !launch.initrd) return Error("no launch that boots");
    // Written down, they would be others.
    if (!is_utf8(launch.kernel_arguments)) return Error("kernel arguments that are not UTF-8");
    Key key;
    key.kernel = TRY(identity_of(launch.kernel, paths.kernel));
    key.initramfs = TRY(identity_of(*launch.initrd, paths.initramfs));
    key.monitor = TRY(identity_of(paths.monitor));
    key.kernel_arguments = launch.kernel_arguments;
    key.shape = launch.shape;
    key.host = host;
    return key;
}

bool can_match(const Key& key, const Host& host) {
    const auto same = [](const FileIdentity& file) {
        const auto now = identity_of(file.path);
        return now && *now == file;
    };
    if (!same(key.kernel) || !same(key.initramfs) || !same(key.monitor)) return false;
    if (key.prepared && !std::ranges::all_of(key.prepared->image, same)) return false;
    return key.host.kernel == host.kernel && key.host.processor == host.processor;
}

std::string difference(const Key& then, const Key& now) {
    const auto file = [](const char* what, const FileIdentity& old, const FileIdentity& is) {
        if (old.path != is.path) return concat(what, " is ", is.path, ", not ", old.path);
        return old == is ? std::string() : concat(what, " was changed since: ", is.path);
    };
    const std::array<std::string, 3> files = {
        file("the guest's kernel", then.kernel, now.kernel),
        file("the guest's agent", then.initramfs, now.initramfs),
        file("the monitor", then.monitor, now.monitor)};
    for (const std::string& text : files) {
        if (!text.empty()) return text;
    }
    if (then.host.kernel != now.host.kernel)
        return concat("the host runs Linux ", now.host.kernel, ", not ", then.host.kernel);
    if (then.host.processor != now.host.processor)
        return "the host has another processor, or another microcode";
    if (then.shape.vcpus != now.shape.vcpus)
        return concat("the machine has ", now.shape.vcpus, " vCPUs, not ", then.shape.vcpus);
    if (then.shape.memory_bytes != now.shape.memory_bytes)
        return concat("the machine has ", now.shape.memory_bytes, " bytes of memory, not ",
                      then.shape.memory_bytes);
    if (then.kernel_arguments != now.kernel_arguments) return "the kernel's arguments are others";
    return {};
}

Json to_json(const Key& key) {
    Json slots = Json::array();
    for (const Slot& slot : kSlots)
        slots.push_back(concat(slot.serial, slot.read_only ? " read-only" : " writable"));
    Json json = {{"format", kFormat},
                 {"kernel", file_json(key.kernel)},
                 {"initramfs", file_json(key.initramfs)},
                 {"monitor", file_json(key.monitor)},
                 {"kernel_arguments", key.kernel_arguments},
                 {"vcpus", key.shape.vcpus},
                 {"memory_bytes", key.shape.memory_bytes},
                 {"slots", slots},
                 {"host_kernel", key.host.kernel},
                 {"host_processor", key.host.processor}};
    if (key.prepared) json["prepared"] = prepared_json(*key.prepared);
    return json;
}

Result<Key> parse_key(const Json& json) {
    Key key;
    int format = 0;
    const bool whole = json.is_object() && read(json, "format", format) &&
                       read_file_identity(json, "kernel", key.kernel) &&
                       read_file_identity(json, "initramfs", key.initramfs) &&
                       read_file_identity(json, "monitor", key.monitor) &&
                       read(json, "kernel_arguments", key.kernel_arguments) &&
                       read(json, "vcpus", key.shape.vcpus) &&
                       read(json, "memory_bytes", key.shape.memory_bytes) &&
                       read(json, "host_kernel", key.host.kernel) &&
                       read(json, "host_processor", key.host.processor) &&
                       read_prepared(json, key.prepared);
    if (!whole) return Error("not a template's key");
    if (format != kFormat) return Error("a template of another version");
    return key;
}

}  // namespace bulkhead::templates
