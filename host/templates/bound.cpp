#include "host/templates/bound.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/templates/store.h"

namespace bulkhead::templates {

namespace {

// Whether it is gone. One whose memory cannot be opened is used by nobody.
Result<bool> remove_unused(const Store& store, const std::string& id) {
    const auto memory = open_file(store.memory_of(id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (memory && ::flock(memory->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return false;
    // Who opens it only now has its files, as with any that is removed.
    TRY(store.remove(id));
    return true;
}

}  // namespace

void mark_used(const UniqueFd& directory, const UniqueFd& memory) {
    static_cast<void>(::futimens(directory.get(), nullptr));
    static_cast<void>(::flock(memory.get(), LOCK_SH | LOCK_NB));
}

Result<void> keep_to_bound(const Store& store, const std::string& spared) {
    std::vector<Store::Listed> found = TRY(store.list());
    const auto of_image = [](const Store::Listed& each) {
        return each.entry && each.entry->key.prepared.has_value();
    };
    const bool kind = std::ranges::any_of(
        found, [&](const auto& each) { return each.id == spared && of_image(each); });
    std::erase_if(found, [&](const auto& each) { return of_image(each) != kind; });
    std::ranges::sort(found, {}, &Store::Listed::used_at_ns);
    std::size_t count = found.size();
    for (const Store::Listed& each : found) {
        if (count <= kMostTemplates) break;
        if (each.id == spared) continue;
        if (!TRY(remove_unused(store, each.id))) continue;
        log::info(
            concat("template ", each.id, " is removed: there are more than ", kMostTemplates));
        --count;
    }
    return {};
}

}  // namespace bulkhead::templates
