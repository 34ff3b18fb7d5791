// A template after parsing. Thread: any; plain values.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::go_template {

struct Pipeline;

enum class OperandKind { Dot, Variable, Literal, Nil, Function, Group };

// ".Name.First", "$x.Name", "(...).Name", "len", "\"text\"".
struct Operand {
    OperandKind kind = OperandKind::Dot;
    std::string name = {};                 // of the variable or function
    std::vector<std::string> fields = {};  // to walk from there
    Value literal = {};
    std::unique_ptr<Pipeline> group = {};
    std::size_t at = 0;
};

// The first is called with the rest, if it is a function or a field that takes arguments.
struct Call {
    std::vector<Operand> words;
};

struct Pipeline {
    std::vector<std::string> variables;  // "$i, $x := ..."
    bool declares = true;                // := rather than =
    std::vector<Call> calls;
    std::size_t at = 0;
};

enum class NodeKind { Text, Action, If, With, Range, Break, Continue };

struct Node {
    NodeKind kind = NodeKind::Text;
    std::string text = {};
    Pipeline pipeline = {};
    std::vector<Node> body = {};
    std::vector<Node> otherwise = {};
    std::size_t at = 0;
};

}  // namespace bulkhead::go_template
