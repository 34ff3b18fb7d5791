// From a template's text to tokens: text between actions, and words inside them (Go's
// text/template/parse/lex.go). Trim markers are applied and comments dropped. Thread: any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::go_template {

enum class TokenKind {
    Text,        // outside of actions
    Open,        // {{
    Close,       // }}
    Dot,         // . alone
    Field,       // .Name; `text` without the dot
    Variable,    // $name; `text` without the dollar
    Identifier,  // a function or a keyword
    Literal,     // a string, a number, a character, true or false
    Nil,
    Pipe,
    Declare,  // :=
    Assign,   // =
    Comma,
    LeftParen,
    RightParen,
};

struct Token {
    TokenKind kind;
    std::string text = {};
    Json literal = {};
    std::size_t at = 0;        // where it starts
    bool after_space = false;  // ".A .B" is two operands, ".A.B" one
};

Result<std::vector<Token>> tokenize(std::string_view source);

// "template: line 1, column 4: <what>"
Error error_at(std::string_view source, std::size_t at, std::string_view what);

}  // namespace bulkhead::go_template
