#include "tools/bulkhead/go_template/evaluator.h"

#include <algorithm>

#include "base/text.h"
#include "tools/bulkhead/go_template/functions.h"
#include "tools/bulkhead/go_template/lexer.h"
#include "tools/bulkhead/go_template/limits.h"

namespace bulkhead::go_template {

namespace {

// How a list of nodes ended.
enum class Flow { Normal, Break, Continue };

class Evaluator {
  public:
    Evaluator(std::string_view source, const Value& data, const Options& options)
        : source_(source), root_(data), options_(options) {}

    Result<std::string> run(const std::vector<Node>& nodes) {
        TRY(walk(nodes, root_));
        return std::move(output_);
    }

  private:
    struct Variable {
        std::string name;
        Value value;
    };

    [[nodiscard]] Error error(std::size_t at, std::string_view what) const {
        return error_at(source_, at, what);
    }

    Result<void> step(std::size_t at) {
        if (++steps_ > kMaxSteps) return error(at, "the template takes too many steps");
        return {};
    }

    Result<void> write(std::size_t at, std::string_view text) {
        if (output_.size() + text.size() > kMaxOutputBytes)
            return error(at, concat("more than ", bytes_text(kMaxOutputBytes), " of output"));
        output_ += text;
        return {};
    }

    Result<Flow> walk(const std::vector<Node>& nodes, const Value& dot) {
        const std::size_t scope = variables_.size();
        Flow flow = Flow::Normal;
        for (const Node& node : nodes) {
            flow = TRY(walk(node, dot));
            if (flow != Flow::Normal) break;
        }
        variables_.resize(scope);
        return flow;
    }

    Result<Flow> walk(const Node& node, const Value& dot) {
        TRY(step(node.at));
        switch (node.kind) {
            case NodeKind::Text:
                TRY(write(node.at, node.text));
                return Flow::Normal;
            case NodeKind::Action: {
                const Value value = TRY(evaluate(node.pipeline, dot));
                if (node.pipeline.variables.empty()) TRY(write(node.at, go_text(value)));
                return Flow::Normal;
            }
            case NodeKind::Break:
                return Flow::Break;
            case NodeKind::Continue:
                return Flow::Continue;
            case NodeKind::Range:
                return walk_range(node, dot);
            case NodeKind::If:
            case NodeKind::With:
                break;
        }
        const std::size_t scope = variables_.size();
        const Value value = TRY(evaluate(node.pipeline, dot));
        const Value& inner = node.kind == NodeKind::With ? value : dot;
        const Flow flow =
            is_true(value) ? TRY(walk(node.body, inner)) : TRY(walk(node.otherwise, dot));
        variables_.resize(scope);
        return flow;
    }

    Result<Flow> walk_range(const Node& node, const Value& dot) {
        const Pipeline& pipeline = node.pipeline;
        const std::size_t scope = variables_.size();
        const Value list = TRY(evaluate_calls(pipeline, dot));
        const Json& json = json_of(list);
        if (!json.is_structured() && !json.is_null())
            return error(pipeline.at, concat("range cannot go over ", json_text(json)));
        if (json.empty()) return walk(node.otherwise, dot);
        for (const auto& [key, item] : items_of(list)) {
            TRY(step(node.at));
            TRY(set_loop_variables(pipeline, key, item));
            const Flow flow = TRY(walk(node.body, item));
            if (pipeline.declares) variables_.resize(scope);
            if (flow == Flow::Break) break;
        }
        return Flow::Normal;
    }

    static std::vector<std::pair<Value, Value>> items_of(const Value& list) {
        std::vector<std::pair<Value, Value>> items;
        const Json& json = json_of(list);
        if (json.is_array()) {
            for (std::size_t i = 0; i < json.size(); ++i)
                items.emplace_back(make_value(i), part_of(list, json[i]));
            return items;
        }
        for (const auto& item : json.items())
            items.emplace_back(make_value(item.key()), part_of(list, item.value()));
        // Go visits a map's keys in order.
        std::sort(items.begin(), items.end(),
                  [](const auto& a, const auto& b) { return *a.first < *b.first; });
        return items;
    }

    Result<void> set_loop_variables(const Pipeline& pipeline, const Value& key, const Value& item) {
        const auto& names = pipeline.variables;
        if (names.size() == 2) TRY(set(pipeline, names[0], key));
        if (!names.empty()) TRY(set(pipeline, names.back(), item));
        return {};
    }

    Result<void> set(const Pipeline& pipeline, const std::string& name, const Value& value) {
        if (pipeline.declares) {
            variables_.push_back({name, value});
            return {};
        }
        const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                        [&](const Variable& each) { return each.name == name; });
        if (found == variables_.rend())
            return error(pipeline.at, concat("undefined variable \"$", name, "\""));
        found->value = value;
        return {};
    }

    Result<Value> evaluate(const Pipeline& pipeline, const Value& dot) {
        Value value = TRY(evaluate_calls(pipeline, dot));
        if (pipeline.variables.size() > 1)
            return error(pipeline.at, "only range sets two variables");
        if (!pipeline.variables.empty()) TRY(set(pipeline, pipeline.variables[0], value));
        return value;
    }

    Result<Value> evaluate_calls(const Pipeline& pipeline, const Value& dot) {
        Value value;
        for (std::size_t i = 0; i < pipeline.calls.size(); ++i)
            value = TRY(evaluate_call(pipeline.calls[i], dot, i == 0 ? nullptr : &value));
        return value;
    }

    // `piped` is what the call before it gave: one more argument, the last.
    Result<Value> evaluate_call(const Call& call, const Value& dot, const Value* piped) {
        const Operand& first = call.words.front();
        TRY(step(first.at));
        if (first.kind == OperandKind::Function && (first.name == "and" || first.name == "or"))
            return evaluate_logic(call, dot, piped);
        Values arguments;
        for (std::size_t i = 1; i < call.words.size(); ++i)
            arguments.push_back(TRY(evaluate_operand(call.words[i], dot, {})));
        if (piped != nullptr) arguments.push_back(*piped);
        if (first.kind == OperandKind::Function) return invoke(first, arguments);
        return evaluate_operand(first, dot, arguments);
    }

    Result<Value> invoke(const Operand& function, const Values& arguments) {
        auto value = call_function(function.name, arguments);
        if (!value) return error(function.at, value.error().message());
        return value;
    }

    // The first argument that decides it; those behind are not evaluated.
    Result<Value> evaluate_logic(const Call& call, const Value& dot, const Value* piped) {
        const bool decisive = call.words.front().name == "or";
        if (call.words.size() == 1 && piped == nullptr)
            return error(call.words.front().at, "a value is missing");
        Value value;
        for (std::size_t i = 1; i < call.words.size(); ++i) {
            value = TRY(evaluate_operand(call.words[i], dot, {}));
            if (is_true(value) == decisive) return value;
        }
        return piped != nullptr ? *piped : value;
    }

    Result<Value> evaluate_operand(const Operand& operand, const Value& dot,
                                   const Values& arguments) {
        Value value = dot;
        switch (operand.kind) {
            case OperandKind::Dot:
                break;
            case OperandKind::Variable:
                value = TRY(variable(operand));
                break;
            case OperandKind::Literal:
                value = operand.literal;
                break;
            case OperandKind::Nil:
                value = nullptr;
                break;
            case OperandKind::Function:
                return invoke(operand, arguments);
            case OperandKind::Group:
                value = TRY(evaluate(*operand.group, dot));
                break;
        }
        if (operand.fields.empty() && !arguments.empty())
            return error(operand.at, "a value that is no function was given arguments");
        return walk_fields(operand, std::move(value), arguments);
    }

    Result<Value> variable(const Operand& operand) const {
        if (operand.name.empty()) return root_;
        const auto found =
            std::find_if(variables_.rbegin(), variables_.rend(),
                         [&](const Variable& each) { return each.name == operand.name; });
        if (found == variables_.rend())
            return error(operand.at, concat("undefined variable \"$", operand.name, "\""));
        return found->value;
    }

    Result<Value> walk_fields(const Operand& operand, Value value, const Values& arguments) {
        for (std::size_t i = 0; i < operand.fields.size(); ++i) {
            const std::string& name = operand.fields[i];
            const bool last = i + 1 == operand.fields.size();
            const auto method = options_.methods.find(name);
            if (method != options_.methods.end()) {
                auto result = method->second(value, last ? arguments : Values{});
                if (!result)
                    return error(operand.at, concat(".", name, ": ", result.error().message()));
                value = *std::move(result);
                continue;
            }
            if (last && !arguments.empty())
                return error(operand.at, concat("field ", name, " takes no arguments"));
            const bool open = i > 0 && options_.open_maps.contains(operand.fields[i - 1]);
            value = TRY(field(operand, value, name, open));
        }
        return value;
    }

    Result<Value> field(const Operand& operand, const Value& value, const std::string& name,
                        bool open) const {
        const Json& json = json_of(value);
        const auto found = json.is_object() ? json.find(name) : json.end();
        if (json.is_object() && found != json.end()) return part_of(value, *found);
        if (open && (json.is_object() || json.is_null())) return Value();
        std::string path;
        for (const std::string& each : operand.fields) path += "." + each;
        if (json.is_object())
            return error(operand.at, concat("<", path, ">: there is no field \"", name, "\""));
        return error(operand.at, concat("<", path, ">: no field \"", name, "\" in ",
                                        json.is_null() ? "what is not there" : json.type_name()));
    }

    std::string_view source_;
    const Value& root_;
    const Options& options_;
    std::string output_;
    std::size_t steps_ = 0;
    std::vector<Variable> variables_;
};

}  // namespace

Result<std::string> execute_nodes(std::string_view source, const std::vector<Node>& nodes,
                                  const Value& data, const Options& options) {
    return Evaluator(source, data, options).run(nodes);
}

}  // namespace bulkhead::go_template
