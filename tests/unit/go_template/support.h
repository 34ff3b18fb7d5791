// Templates executed on one document.
#pragma once

#include <string>

#include <catch2/catch.hpp>

#include "tools/bulkhead/go_template/template.h"

namespace bulkhead::go_template::test {

inline Value document() {
    return make_value(Json::parse(R"({
        "Name": "web", "Id": "4f5e", "Empty": "", "Zero": 0, "Count": 3, "Size": 2.5,
        "On": true, "Off": false, "Nothing": null,
        "State": {"Status": "running", "Pid": 42},
        "Labels": {"tier": "front", "app": "shop"},
        "Names": ["a", "b", "c"], "None": []
    })"));
}

// The output, or "error: ..." with the reason.
inline std::string run(std::string_view source, const Options& options = {}) {
    const auto parsed = Template::parse(source);
    if (!parsed) return "error: " + parsed.error().message();
    const auto output = parsed->execute(document(), options);
    return output ? *output : "error: " + output.error().message();
}

}  // namespace bulkhead::go_template::test
