// Go's text/template on JSON values, as docker's --format uses it: text, fields, functions, pipes,
// variables, if, with, range and trim markers; no define, template and block. A field that is not
// there is an error that names it. Bounded in depth, steps and output (limits.h). Thread: any.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/bulkhead/go_template/syntax.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::go_template {

struct Options {
    // Fields that take arguments: {{.Label "key"}}.
    using Method = std::function<Result<Value>(const Value& receiver, const Values& arguments)>;
    std::map<std::string, Method> methods = {};
    // Members whose objects are maps of anything: a key that they lack is no error.
    std::set<std::string> open_maps = {};
};

class Template {
  public:
    static Result<Template> parse(std::string_view source);

    [[nodiscard]] Result<std::string> execute(const Value& data, const Options& options = {}) const;

  private:
    Template(std::string source, std::vector<Node> nodes)
        : source_(std::move(source)), nodes_(std::move(nodes)) {}

    std::string source_;
    std::vector<Node> nodes_;
};

}  // namespace bulkhead::go_template
