#include "host/engine/container_config.h"

#include "base/syscalls.h"
#include "base/text.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

constexpr std::uint32_t kSchema = 2;
constexpr const char* kFile = "config.pb";
constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;

}  // namespace

Result<void> save_config(const std::string& directory, const container::v1::Config& config) {
    // What is written after it is merged into it when it is read. A copy of all would cost more.
    container::v1::Config stamp;
    stamp.set_schema(kSchema);
    std::string bytes = stamp.SerializeAsString();
    config.AppendToString(&bytes);
    return write_file_atomically(concat(directory, "/", kFile), bytes);
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
