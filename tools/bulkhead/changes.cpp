#include "tools/bulkhead/changes.h"

#include "archive/entry.h"

namespace bulkhead::cli {

Result<std::optional<FileChange>> ChangeReader::next() {
    std::string record;
    for (;;) {
        const auto byte = TRY(feed_.take(1));
        if (byte.empty()) {
            if (record.empty()) return std::optional<FileChange>();
            return Error("the list of changes was cut off");
        }
        const char each = static_cast<char>(byte[0]);
        if (each == '\0') break;
        record.push_back(each);
        if (record.size() > archive::kMaxPathBytes)
            return Error("a changed file's path is too long");
    }
    const bool known =
        record.starts_with('A') || record.starts_with('C') || record.starts_with('D');
    if (!known || record.size() < 2 || record[1] != '/')
        return Error("the list of changes is malformed");
    return std::optional(FileChange{record[0], record.substr(1)});
}

}  // namespace bulkhead::cli
