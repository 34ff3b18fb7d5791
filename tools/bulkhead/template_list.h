// The templates of a data root, as commands tell of them. Thread: any.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/templates/store.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/list_format.h"

namespace bulkhead::cli {

struct ListedTemplate {
    templates::Store::Listed found;
    bool usable = false;  // a start can still have it
};

templates::Store template_store(const Context& context);

// The newest first.
Result<std::vector<ListedTemplate>> list_templates(const Context& context);

// The one that the first digits of an id name.
Result<std::string> find_template(const std::vector<ListedTemplate>& all,
                                  const std::string& reference);

// `whole`: --no-trunc.
ListRow template_row(const ListedTemplate& listed, bool whole, std::time_t now);

const ListColumns& template_columns();

}  // namespace bulkhead::cli
