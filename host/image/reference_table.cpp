#include "host/image/reference_table.h"

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/file_lock.h"
#include "host/image/json_fields.h"
#include "host/image/limits.h"
#include "host/image/reference.h"

namespace bulkhead::image {

Result<ReferenceTable> ReferenceTable::read(const std::string& path) {
    ReferenceTable table;
    const auto text = read_file(path, kMaxJsonBytes);
    if (!text.ok()) {
        if (text.error().is(std::errc::no_such_file_or_directory)) return table;
        return text.error();
    }
    const Json value = TRY_CONTEXT(parse_json(*text), path);
    const auto references = TRY_CONTEXT(string_map_member(value, "references"), path);
    for (const auto& [name, id] : references) {
        const Reference reference = TRY_CONTEXT(Reference::parse(name), path);
        table.images.emplace(reference.text(), TRY_CONTEXT(Digest::parse(id), path));
    }
    return table;
}

Result<void> ReferenceTable::write(const std::string& path) const {
    Json references = Json::object();
    for (const auto& [name, id] : images) references[name] = id.text();
    const std::string text = json_text({{"version", 1}, {"references", references}});
    if (text.size() > kMaxJsonBytes)
        return Error(concat(path, ": too many image names; remove some"));
    TRY(write_file_atomically(path, text, 0600));
    return sync_directory(path.substr(0, path.rfind('/')));
}

std::vector<std::string> ReferenceTable::names_of(const Digest& id) const {
    std::vector<std::string> names;
    for (const auto& [name, image] : images) {
        if (image == id) names.push_back(name);
    }
    return names;
}

}  // namespace bulkhead::image
