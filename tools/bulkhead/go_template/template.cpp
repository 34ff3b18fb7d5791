#include "tools/bulkhead/go_template/template.h"

#include "tools/bulkhead/go_template/evaluator.h"
#include "tools/bulkhead/go_template/parser.h"

namespace bulkhead::go_template {

Result<Template> Template::parse(std::string_view source) {
    auto nodes = TRY(parse_nodes(source));
    return Template(std::string(source), std::move(nodes));
}

Result<std::string> Template::execute(const Value& data, const Options& options) const {
    return execute_nodes(source_, nodes_, data, options);
}

}  // namespace bulkhead::go_template
