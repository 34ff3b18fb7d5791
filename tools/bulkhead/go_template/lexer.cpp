#include "tools/bulkhead/go_template/lexer.h"

#include <algorithm>

#include "base/text.h"
#include "tools/bulkhead/go_template/limits.h"
#include "tools/bulkhead/go_template/literal.h"

namespace bulkhead::go_template {

namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kSpaces = " \t\r\n";

bool is_space(char c) {
    return kSpaces.find(c) != std::string_view::npos;
}

bool is_word(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           byte >= 0x80;
}

class Lexer {
  public:
    explicit Lexer(std::string_view source) : source_(source) {}

    Result<std::vector<Token>> run() {
        while (at_ < source_.size()) {
            read_text();
            if (at_ < source_.size()) TRY(read_action());
        }
        return std::move(tokens_);
    }

  private:
    [[nodiscard]] std::string_view rest() const { return source_.substr(at_); }

    [[nodiscard]] Error error(std::string_view what) const { return error_at(source_, at_, what); }

    void read_text() {
        const std::size_t end = std::min(source_.find(kOpen, at_), source_.size());
        std::string_view text = source_.substr(at_, end - at_);
        if (trim_next_) text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
        // "{{- " takes the spaces before it away.
        const std::string_view action = source_.substr(end).substr(0, 4);
        if (action.size() == 4 && action[2] == '-' && is_space(action[3]))
            text = text.substr(0, text.find_last_not_of(kSpaces) + 1);
        if (!text.empty()) tokens_.push_back({TokenKind::Text, std::string(text), {}, at_, false});
        at_ = end;
        trim_next_ = false;
    }

    Result<void> read_action() {
        const std::size_t start = at_;
        at_ += kOpen.size();
        if (rest().size() >= 2 && rest()[0] == '-' && is_space(rest()[1])) at_ += 2;
        if (rest().starts_with("/*")) return skip_comment(start);
        tokens_.push_back({TokenKind::Open, {}, {}, start, false});
        while (true) {
            const bool space = skip_spaces();
            if (at_ >= source_.size()) return error_at(source_, start, "an action without }}");
            if (read_close(space)) return {};
            const std::size_t token_at = at_;
            Token token = TRY(read_token());
            token.at = token_at;
            token.after_space = space;
            tokens_.push_back(std::move(token));
        }
    }

    bool skip_spaces() {
        const std::size_t start = at_;
        while (at_ < source_.size() && is_space(source_[at_])) ++at_;
        return at_ != start;
    }

    // "}}", or "-}}" after a space.
    bool read_close(bool after_space) {
        trim_next_ = after_space && rest().starts_with("-}}");
        if (!trim_next_ && !rest().starts_with(kClose)) return false;
        tokens_.push_back({TokenKind::Close, {}, {}, at_, after_space});
        at_ += kClose.size() + (trim_next_ ? 1 : 0);
        return true;
    }

    Result<void> skip_comment(std::size_t start) {
        const std::size_t end = source_.find("*/", at_ + 2);
        if (end == std::string_view::npos)
            return error_at(source_, start, "a comment without its end");
        at_ = end + 2;
        const bool space = skip_spaces();
        if (!read_close(space)) return error("a comment is an action of its own");
        tokens_.pop_back();
        return {};
    }

    std::string read_word() {
        const std::size_t start = at_;
        while (at_ < source_.size() && is_word(source_[at_])) ++at_;
        return std::string(source_.substr(start, at_ - start));
    }

    Result<Token> read_token() {
        const char c = source_[at_];
        if (c == '.') {
            ++at_;
            std::string name = read_word();
            return Token{name.empty() ? TokenKind::Dot : TokenKind::Field, name};
        }
        if (c == '$') {
            ++at_;
            return Token{TokenKind::Variable, read_word()};
        }
        if (std::string_view("\"`'+-0123456789").find(c) != std::string_view::npos)
            return read_literal();
        if (is_word(c)) return word_token(read_word());
        if (rest().starts_with(":=")) {
            at_ += 2;
            return Token{TokenKind::Declare};
        }
        ++at_;
        switch (c) {
            case '|':
                return Token{TokenKind::Pipe};
            case '=':
                return Token{TokenKind::Assign};
            case ',':
                return Token{TokenKind::Comma};
            case '(':
                return Token{TokenKind::LeftParen};
            case ')':
                return Token{TokenKind::RightParen};
            default:
                --at_;
                return error(concat("unexpected character ", quoted_character(c)));
        }
    }

    static std::string quoted_character(char c) {
        return c > ' ' && c < 0x7F ? concat("'", c, "'")
                                   : hex(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    }

    static Token word_token(std::string word) {
        if (word == "true") return {TokenKind::Literal, std::move(word), true};
        if (word == "false") return {TokenKind::Literal, std::move(word), false};
        if (word == "nil") return {TokenKind::Nil, std::move(word)};
        return {TokenKind::Identifier, std::move(word)};
    }

    Result<Token> read_literal() {
        auto constant = read_constant(rest());
        if (!constant) return error(constant.error().message());
        Token token{TokenKind::Literal, std::string(rest().substr(0, constant->length)),
                    std::move(constant->value)};
        at_ += constant->length;
        return token;
    }

    std::string_view source_;
    std::size_t at_ = 0;
    bool trim_next_ = false;
    std::vector<Token> tokens_;
};

}  // namespace

Error error_at(std::string_view source, std::size_t at, std::string_view what) {
    const std::string_view before = source.substr(0, at);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return Error(concat("template: line ", lines + 1, ", column ", before.size() - line_start + 1,
                        ": ", what));
}

Result<std::vector<Token>> tokenize(std::string_view source) {
    if (source.size() > kMaxSourceBytes)
        return Error(concat("template: longer than ", bytes_text(kMaxSourceBytes)));
    return Lexer(source).run();
}

}  // namespace bulkhead::go_template
