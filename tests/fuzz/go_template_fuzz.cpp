// A template of any bytes ends as text or as an error, within its bounds.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "tools/bulkhead/go_template/limits.h"
#include "tools/bulkhead/go_template/template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead::go_template;  // NOLINT(google-build-using-namespace)
    // SAFETY: char may alias any type.
    const std::string_view source(reinterpret_cast<const char*>(data), size);
    const auto parsed = Template::parse(source);
    if (!parsed) return 0;
    const Value document = make_value(
        {{"Name", "web"}, {"N", 3}, {"M", {{"a", 1}, {"b", nullptr}}}, {"L", {"x", true, 2.5}}});
    Options options;
    options.open_maps = {"M"};
    options.methods["Label"] = [](const Value& /*receiver*/, const Values& arguments) {
        return bulkhead::Result<Value>(make_value(arguments.size()));
    };
    if (const auto output = parsed->execute(document, options))
        BULKHEAD_CHECK(output->size() <= kMaxOutputBytes);
    return 0;
}
