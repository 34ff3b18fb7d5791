// --format of lists, as docker's: a table of usual columns, "table TEMPLATE", "json", or a template
// for each row. Thread: any.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tools/bulkhead/flags.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::cli {

using Json = go_template::Json;

// What a list's rows have: the usual columns, and every field with its heading.
struct ListColumns {
    std::string usual;  // "table {{.ID}}\t{{.Names}}"
    std::string quiet;  // for -q: "{{.ID}}"
    std::vector<std::pair<std::string, std::string>> headings;
};

struct ListRow {
    Json fields;
    std::map<std::string, std::string> labels;  // for {{.Label "key"}}
};

struct ListChoice {
    std::string format;
    bool quiet = false;
};

// --format and -q, which fill `target`.
std::vector<Flag> list_flags(ListChoice& target);

// The text of the whole list.
Result<std::string> list_text(const ListChoice& choice, const ListColumns& columns,
                              const std::vector<ListRow>& rows);

// Whether the list will show this field: some cost time to find out.
bool shows_field(const ListChoice& choice, std::string_view field);

// One value in the user's template; for commands that are no lists. "json" prints it as it is.
Result<std::string> formatted(const std::string& format, const Json& value);

// Names of members that are maps of anything ("Labels"), where a missing key is no mistake.
const std::vector<std::string>& open_maps();

}  // namespace bulkhead::cli
