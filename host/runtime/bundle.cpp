#include "host/runtime/bundle.h"

#include <sys/stat.h>

#include <charconv>
#include <filesystem>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/runtime/json_node.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

constexpr std::size_t kMaxConfig = 4 * 1024 * 1024;
constexpr std::size_t kMaxName = 64;  // uname(2)

// SemVer: "1.0.2", "1.1.0-rc.1".
Result<void> check_version(const JsonNode& json) {
    const std::string version = TRY(json.text("ociVersion"));
    int numbers[3] = {0, 0, 0};
    std::string_view rest = version;
    for (int& number : numbers) {
        const auto* const end = rest.data() + rest.size();
        const auto parsed = std::from_chars(rest.data(), end, number);
        const bool last = &number == &numbers[2];
        const bool separated = parsed.ptr != end && *parsed.ptr == '.';
        if (parsed.ec != std::errc() || (!last && !separated))
            return json.error("ociVersion", "not a version, as \"1.1.0\"");
        rest = std::string_view(parsed.ptr + (last ? 0 : 1),
                                static_cast<std::size_t>(end - parsed.ptr) - (last ? 0 : 1));
    }
    if (!rest.empty() && rest.front() != '-' && rest.front() != '+')
        return json.error("ociVersion", "not a version, as \"1.1.0\"");
    if (numbers[0] != 1)
        return json.error("ociVersion", concat("\"", version, "\" is not supported, 1.x is"));
    return {};
}

Result<void> read_names(const JsonNode& json, oci::v1::Spec& spec) {
    spec.set_hostname(TRY(json.text("hostname")));
    spec.set_domainname(TRY(json.text("domainname")));
    if (spec.hostname().size() > kMaxName) return json.error("hostname", "longer than 64 bytes");
    if (spec.domainname().size() > kMaxName)
        return json.error("domainname", "longer than 64 bytes");
    for (const auto& [key, value] : TRY(json.text_map("annotations"))) {
        if (key.empty()) return json.error("annotations", "an empty key");
        (*spec.mutable_annotations())[key] = value;
    }
    return {};
}

Result<std::string> read_root(const JsonNode& json, oci::v1::Spec& spec) {
    const auto root = TRY(json.object("root"));
    if (!root) return json.error("root", "missing");
    std::string path = TRY(root->text("path"));
    if (path.empty()) return root->error("path", "missing");
    spec.set_root_readonly(TRY(root->boolean("readonly")));
    return path;
}

}  // namespace

Result<std::string> parse_bundle_config(std::string_view json_text, std::string_view machine,
                                        oci::v1::Spec& spec) {
    const nlohmann::json value = TRY(parse_json_object(json_text));
    const JsonNode json(value, "");
    TRY(check_version(json));
    std::string root = TRY(read_root(json, spec));
    TRY(read_names(json, spec));
    const auto process = TRY(json.object("process"));
    if (!process) return json.error("process", "missing: there is nothing to run");
    TRY(read_process(*process, *spec.mutable_process()));
    TRY(read_mounts(json, spec));
    const auto linux_part = TRY(json.object("linux"));
    if (!linux_part) return json.error("linux", "missing");
    TRY(read_linux(*linux_part, machine, *spec.mutable_linux()));
    const auto hooks = TRY(json.object("hooks"));
    if (hooks) TRY(read_hooks(*hooks, *spec.mutable_hooks()));
    return root;
}

Result<std::string> load_bundle(const std::string& path, std::string_view machine,
                                oci::v1::Spec& spec) {
    namespace fs = std::filesystem;
    std::error_code failed;
    fs::path file = fs::absolute(path, failed);
    if (!failed && fs::is_directory(file, failed)) file /= "config.json";
    const std::string text = TRY(read_file(file.string(), kMaxConfig));
    const std::string root = TRY_CONTEXT(parse_bundle_config(text, machine, spec), file.string());
    fs::path directory = file.parent_path() / root;  // an absolute root replaces the parent
    directory = fs::canonical(directory, failed);
    if (failed || !fs::is_directory(directory, failed)) {
        return Error(concat(file.string(), ": root.path: \"", root,
                            "\" is not a directory: ", failed.message()));
    }
    return directory.string();
}

}  // namespace bulkhead::runtime
