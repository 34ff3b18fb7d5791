#include "tools/bulkhead/listed_container.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "host/engine/container_config.h"
#include "proto/container.pb.h"

namespace bulkhead::cli {

namespace {

// When its configuration was written: a record has seconds only, and many are made in one.
std::int64_t order_of(const ListedContainer& container) {
    struct stat status {};

    if (::stat((container.directory + "/config.pb").c_str(), &status) != 0) return 0;
    constexpr std::int64_t kSecond = 1'000'000'000;
    return status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec;
}

std::uint64_t allocated(const std::string& path) {
    constexpr std::uint64_t kStatBlock = 512;

    struct stat status {};

    if (::lstat(path.c_str(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * kStatBlock;
}

}  // namespace

std::vector<ListedContainer> list_containers(const state::StateStore& store) {
    std::vector<std::pair<std::int64_t, ListedContainer>> found;
    for (state::Record& record : store.list()) {
        ListedContainer container;
        container.directory = store.directory_of(record);
        container.log = store.log_of(record);
        if (!record.health.empty()) container.health = record.health;
        container.record = std::move(record);
        if (const auto config = engine::load_config(container.directory)) {
            container.image_id = config->image_id();
            container.labels = {config->labels().begin(), config->labels().end()};
        }
        found.emplace_back(order_of(container), std::move(container));
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second.record.created_at, a.first) >
               std::pair(b.second.record.created_at, b.first);
    });
    std::vector<ListedContainer> containers;
    containers.reserve(found.size());
    for (auto& each : found) containers.push_back(std::move(each.second));
    return containers;
}

std::uint64_t disk_usage(const ListedContainer& container) {
    return allocated(container.directory + "/disk.ext4");
}

std::uint64_t total_usage(const ListedContainer& container) {
    constexpr int kMostLogs = 1000;
    std::uint64_t bytes = disk_usage(container) + allocated(container.log);
    for (int i = 1; i <= kMostLogs; ++i) {
        const std::uint64_t more = allocated(concat(container.log, ".", i));
        if (more == 0) break;
        bytes += more;
    }
    return bytes;
}

}  // namespace bulkhead::cli
