#include "host/engine/container_config.h"

#include "base/syscalls.h"
#include "base/text.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

constexpr std::uint32_t kSchema = 1;
constexpr const char* kFile = "config.pb";
constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;

}  // namespace

Result<void> save_config(const std::string& directory, const container::v1::Config& config) {
    container::v1::Config stamped = config;
    stamped.set_schema(kSchema);
    return write_file_atomically(concat(directory, "/", kFile), stamped.SerializeAsString());
}

Result<container::v1::Config> load_config(const std::string& directory) {
    const std::string path = concat(directory, "/", kFile);
    const std::string bytes = TRY(read_file(path, kMaxBytes));
    container::v1::Config config;
    if (!config.ParseFromString(bytes)) return Error(path + ": damaged");
    if (config.schema() != kSchema)
        return Error(concat(path, ": written by another version of bulkhead (schema ",
                            config.schema(), ")"));
    return config;
}

}  // namespace bulkhead::engine
