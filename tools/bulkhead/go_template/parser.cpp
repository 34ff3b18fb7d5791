#include "tools/bulkhead/go_template/parser.h"

#include <algorithm>

#include "base/text.h"
#include "tools/bulkhead/go_template/functions.h"
#include "tools/bulkhead/go_template/lexer.h"
#include "tools/bulkhead/go_template/limits.h"

namespace bulkhead::go_template {

namespace {

// What ends a list of nodes.
enum class End { Source, End, Else };

class Parser {
  public:
    Parser(std::string_view source, std::vector<Token> tokens)
        : source_(source), tokens_(std::move(tokens)) {}

    Result<std::vector<Node>> parse() {
        std::vector<Node> nodes;
        const End end = TRY(parse_list(nodes));
        if (end != End::Source)
            return error(end == End::End ? "unexpected {{end}}" : "unexpected {{else}}");
        return nodes;
    }

  private:
    // Counts how deep we are for as long as it lives.
    class Level {
      public:
        explicit Level(int& depth) : depth_(++depth) {}

        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

        ~Level() { --depth_; }

      private:
        int& depth_;
    };

    [[nodiscard]] bool at_end() const { return next_ == tokens_.size(); }

    [[nodiscard]] bool next_is(TokenKind kind) const {
        return !at_end() && tokens_[next_].kind == kind;
    }

    bool take(TokenKind kind) {
        if (!next_is(kind)) return false;
        ++next_;
        return true;
    }

    bool take_word(std::string_view word) {
        if (!next_is(TokenKind::Identifier) || tokens_[next_].text != word) return false;
        ++next_;
        return true;
    }

    // At the token that was taken last.
    [[nodiscard]] Error error(std::string_view what) const {
        const std::size_t at = next_ == 0 ? 0 : tokens_[next_ - 1].at;
        return error_at(source_, at, what);
    }

    Result<void> close() {
        if (take(TokenKind::Close)) return {};
        ++next_;
        return error("unexpected word in an action");
    }

    // Up to and with the end; after `else` the parser stands behind that word.
    Result<End> parse_list(std::vector<Node>& nodes) {
        const Level level(depth_);
        if (depth_ > kMaxDepth) return error(concat("blocks nested deeper than ", kMaxDepth));
        while (!at_end()) {
            const std::size_t at = tokens_[next_].at;
            if (next_is(TokenKind::Text)) {
                nodes.push_back({NodeKind::Text, tokens_[next_++].text, {}, {}, {}, at});
                continue;
            }
            ++next_;  // {{
            if (take_word("end")) {
                TRY(close());
                return End::End;
            }
            if (take_word("else")) return End::Else;
            nodes.push_back(TRY(parse_node()));
            nodes.back().at = at;
        }
        return End::Source;
    }

    Result<Node> parse_node() {
        if (take_word("if")) return parse_block(NodeKind::If);
        if (take_word("with")) return parse_block(NodeKind::With);
        if (take_word("range")) return parse_block(NodeKind::Range);
        for (const std::string_view word : {"define", "template", "block"}) {
            if (take_word(word)) return error(concat("{{", word, "}} is not supported"));
        }
        for (const auto& [word, kind] :
             {std::pair("break", NodeKind::Break), std::pair("continue", NodeKind::Continue)}) {
            if (!take_word(word)) continue;
            if (loops_ == 0) return error(concat("{{", word, "}} outside {{range}}"));
            TRY(close());
            Node node;
            node.kind = kind;
            return node;
        }
        Node node;
        node.kind = NodeKind::Action;
        node.pipeline = TRY(parse_pipeline(TokenKind::Close));
        return node;
    }

    Result<Node> parse_block(NodeKind kind) {
        const Level level(depth_);  // else-ifs nest without a list of their own
        if (depth_ > kMaxDepth) return error(concat("blocks nested deeper than ", kMaxDepth));
        const std::size_t scope = variables_.size();
        Node node;
        node.kind = kind;
        node.pipeline = TRY(parse_pipeline(TokenKind::Close));
        loops_ += kind == NodeKind::Range ? 1 : 0;
        const std::size_t inner = variables_.size();
        End end = TRY(parse_list(node.body));
        variables_.resize(inner);
        loops_ -= kind == NodeKind::Range ? 1 : 0;
        if (end == End::Else) end = TRY(parse_else(kind, node));
        if (end != End::End) return error("{{end}} is missing");
        variables_.resize(scope);
        return node;
    }

    // Behind "else".
    Result<End> parse_else(NodeKind kind, Node& node) {
        for (const auto& [word, chained] :
             {std::pair("if", NodeKind::If), std::pair("with", NodeKind::With)}) {
            if (kind != chained || !take_word(word)) continue;
            node.otherwise.push_back(TRY(parse_block(chained)));
            return End::End;
        }
        TRY(close());
        return parse_list(node.otherwise);
    }

    // "$x :=", "$i, $x :=", "$x =".
    Result<void> parse_declaration(Pipeline& pipeline) {
        const std::size_t start = next_;
        std::vector<std::string> names;
        do {
            if (!next_is(TokenKind::Variable)) break;
            names.push_back(tokens_[next_++].text);
        } while (names.size() < 2 && take(TokenKind::Comma));
        const bool declares = take(TokenKind::Declare);
        if (names.empty() || (!declares && !take(TokenKind::Assign))) {
            next_ = start;
            return {};
        }
        for (const std::string& name : names) {
            if (!declares) TRY(check_variable(name));
        }
        pipeline.variables = std::move(names);
        pipeline.declares = declares;
        return {};
    }

    Result<void> check_variable(const std::string& name) const {
        if (name.empty() ||
            std::find(variables_.begin(), variables_.end(), name) != variables_.end())
            return {};
        return error(concat("undefined variable \"$", name, "\""));
    }

    Result<Pipeline> parse_pipeline(TokenKind end) {
        const Level level(depth_);
        if (depth_ > kMaxDepth) return error(concat("parentheses nested deeper than ", kMaxDepth));
        Pipeline pipeline;
        pipeline.at = at_end() ? source_.size() : tokens_[next_].at;
        TRY(parse_declaration(pipeline));
        do {
            pipeline.calls.push_back(TRY(parse_call()));
        } while (take(TokenKind::Pipe));
        if (!take(end)) {
            ++next_;
            return error(end == TokenKind::Close ? "unexpected word in an action"
                                                 : "a parenthesis is not closed");
        }
        // Not visible in its own value.
        if (pipeline.declares)
            variables_.insert(variables_.end(), pipeline.variables.begin(),
                              pipeline.variables.end());
        return pipeline;
    }

    Result<Call> parse_call() {
        Call call;
        while (true) {
            auto operand = TRY(parse_operand());
            if (!operand) break;
            call.words.push_back(std::move(*operand));
        }
        if (call.words.empty()) {
            if (!at_end()) ++next_;
            return error("a value is missing");
        }
        return call;
    }

    // Nothing when the next token starts none.
    Result<std::optional<Operand>> parse_operand() {
        if (at_end()) return std::optional<Operand>();
        const Token& token = tokens_[next_];
        Operand operand;
        operand.at = token.at;
        operand.name = token.text;
        ++next_;
        switch (token.kind) {
            case TokenKind::Dot:
                break;
            case TokenKind::Field:
                operand.fields.push_back(token.text);
                break;
            case TokenKind::Variable:
                TRY(check_variable(token.text));
                operand.kind = OperandKind::Variable;
                break;
            case TokenKind::Literal:
                operand.kind = OperandKind::Literal;
                operand.literal = make_value(token.literal);
                break;
            case TokenKind::Nil:
                operand.kind = OperandKind::Nil;
                break;
            case TokenKind::Identifier:
                if (!is_function(token.text))
                    return error(concat("function \"", token.text, "\" not defined"));
                operand.kind = OperandKind::Function;
                return std::optional<Operand>(std::move(operand));
            case TokenKind::LeftParen:
                operand.kind = OperandKind::Group;
                operand.group =
                    std::make_unique<Pipeline>(TRY(parse_pipeline(TokenKind::RightParen)));
                break;
            default:
                --next_;
                return std::optional<Operand>();
        }
        while (next_is(TokenKind::Field) && !tokens_[next_].after_space)
            operand.fields.push_back(tokens_[next_++].text);
        return std::optional<Operand>(std::move(operand));
    }

    std::string_view source_;
    std::vector<Token> tokens_;
    std::size_t next_ = 0;
    int depth_ = 0;
    int loops_ = 0;
    std::vector<std::string> variables_;
};

}  // namespace

Result<std::vector<Node>> parse_nodes(std::string_view source) {
    auto tokens = TRY(tokenize(source));
    return Parser(source, std::move(tokens)).parse();
}

}  // namespace bulkhead::go_template
