#include "tools/bulkhead/go_template/comparison.h"

namespace bulkhead::go_template {

namespace {

Result<void> want_two(const Values& arguments) {
    if (arguments.size() == 2) return {};
    return Error("two values are needed to compare");
}

bool same_kind(const Json& a, const Json& b) {
    return a.type() == b.type() || (a.is_number() && b.is_number());
}

Result<bool> are_equal(const Value& left, const Value& right) {
    const Json& a = json_of(left);
    const Json& b = json_of(right);
    if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
    if (a.is_structured() || b.is_structured()) return Error("lists and maps cannot be compared");
    if (!same_kind(a, b)) return Error("incompatible types for comparison");
    return a == b;
}

Result<bool> is_less(const Value& left, const Value& right) {
    const Json& a = json_of(left);
    const Json& b = json_of(right);
    if (!same_kind(a, b)) return Error("incompatible types for comparison");
    if (!a.is_number() && !a.is_string()) return Error("only numbers and strings have an order");
    return a < b;
}

}  // namespace

Result<Value> equals_any(const Values& arguments) {
    if (arguments.size() < 2) return Error("two values are needed to compare");
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        if (TRY(are_equal(arguments[0], arguments[i]))) return make_value(true);
    }
    return make_value(false);
}

Result<Value> not_equal(const Values& arguments) {
    TRY(want_two(arguments));
    return make_value(!TRY(are_equal(arguments[0], arguments[1])));
}

Result<Value> less(const Values& arguments) {
    TRY(want_two(arguments));
    return make_value(TRY(is_less(arguments[0], arguments[1])));
}

Result<Value> less_or_equal(const Values& arguments) {
    TRY(want_two(arguments));
    return make_value(!TRY(is_less(arguments[1], arguments[0])));
}

Result<Value> greater(const Values& arguments) {
    TRY(want_two(arguments));
    return make_value(TRY(is_less(arguments[1], arguments[0])));
}

Result<Value> greater_or_equal(const Values& arguments) {
    TRY(want_two(arguments));
    return make_value(!TRY(is_less(arguments[0], arguments[1])));
}

}  // namespace bulkhead::go_template
