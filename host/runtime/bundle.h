// An OCI runtime bundle (runtime-spec 1.0 to 1.2: bundle.md, config.md): its config.json as the
// spec that the agent carries out. Unknown members are ignored, as the spec wants; what is known
// and cannot be had in a machine of one's own is an error that names its path. Untrusted text.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Hooks;
class Linux;
class Process;
class Resources;
class Spec;
}  // namespace bulkhead::oci::v1

namespace bulkhead::runtime {

class JsonNode;

// Fills `spec` and gives root.path as it is written. `machine` is uname's name of the guest's
// machine.
Result<std::string> parse_bundle_config(std::string_view json, std::string_view machine,
                                        oci::v1::Spec& spec);

// Reads the file, or the config.json in a directory, and gives the root's absolute path, which is a
// directory.
Result<std::string> load_bundle(const std::string& path, std::string_view machine,
                                oci::v1::Spec& spec);

// The parts, for bundle.cpp.
Result<void> read_process(const JsonNode& json, oci::v1::Process& process);
Result<void> read_linux(const JsonNode& json, std::string_view machine, oci::v1::Linux& linux);
Result<void> read_resources(const JsonNode& json, oci::v1::Resources& resources);
Result<void> read_mounts(const JsonNode& json, oci::v1::Spec& spec);
Result<void> read_hooks(const JsonNode& json, oci::v1::Hooks& hooks);

}  // namespace bulkhead::runtime
