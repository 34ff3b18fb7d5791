#include "host/templates/starts.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/file_lock.h"

namespace bulkhead::templates {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwner = 0600;

void forget_oldest(const std::string& directory) {
    std::vector<std::pair<fs::file_time_type, fs::path>> noted;
    std::error_code failed;
    for (fs::directory_iterator each(directory, failed), end; !failed && each != end;
         each.increment(failed)) {
        std::error_code gone;
        const auto time = fs::last_write_time(each->path(), gone);
        if (!gone) noted.emplace_back(time, each->path());
    }
    if (noted.size() <= kMostStarts) return;
    std::ranges::sort(noted);
    noted.resize(noted.size() - kMostStarts);
    for (const auto& [time, path] : noted) fs::remove(path, failed);
}

}  // namespace

Result<bool> note_start(const std::string& store, const std::string& id) {
    const std::string directory = store + "/starts";
    TRY(image::make_directory(store));
    TRY(image::make_directory(directory));
    const auto made =
        open_file(concat(directory, "/", id), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kOwner);
    if (made) {
        forget_oldest(directory);
        return false;
    }
    if (made.error().is(std::errc::file_exists)) return true;
    return made.error();
}

}  // namespace bulkhead::templates
