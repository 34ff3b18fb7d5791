#include "tools/bulkhead/list_format.h"

#include <catch2/catch.hpp>

namespace bulkhead::cli {

namespace {

const ListColumns kColumns = {
    "table {{.ID}}\t{{.Names}}", "{{.ID}}", {{"ID", "CONTAINER ID"}, {"Names", "NAMES"}}};

const std::vector<ListRow> kRows = {{{{"ID", "1"}, {"Names", "web"}}, {{"com.my-tier", "front"}}},
                                    {{{"ID", "2"}, {"Names", "db"}}, {}}};

std::string text_of(const std::string& format, bool quiet = false) {
    const auto text = list_text({format, quiet}, kColumns, kRows);
    return text ? *text : "error: " + text.error().message();
}

}  // namespace

TEST_CASE("a list is a table unless it is told otherwise") {
    CHECK(text_of("") == "CONTAINER ID   NAMES\n1              web\n2              db\n");
    CHECK(text_of("table") == text_of(""));
    CHECK(text_of("", true) == "1\n2\n");
    CHECK(text_of("table {{.Names}}", true) == "1\n2\n");
}

TEST_CASE("a template is one line for each row") {
    CHECK(text_of("{{.Names}}") == "web\ndb\n");
    CHECK(text_of("{{.Names}}", true) == "web\ndb\n");
    CHECK(text_of("{{.ID}}\\t{{.Names}}\\n") == "1\tweb\n\n2\tdb\n\n");
    CHECK(text_of("json") == "{\"ID\":\"1\",\"Names\":\"web\"}\n{\"ID\":\"2\",\"Names\":\"db\"}\n");
    CHECK(text_of("{{.Nmaes}}").find("\"Nmaes\"") != std::string::npos);
}

TEST_CASE("a table of one's own has headings, labels' too") {
    CHECK(text_of(R"(table {{.Names}}\t{{.Label "com.my-tier"}})") ==
          "NAMES     MY TIER\nweb       front\ndb        \n");
    CHECK(list_text({"table {{.Names}}", false}, kColumns, {}).value() == "NAMES\n");
}

TEST_CASE("what costs time is only found out when it is shown") {
    CHECK(shows_field({"{{.Size}}", false}, "Size"));
    CHECK(shows_field({"json", false}, "Size"));
    CHECK_FALSE(shows_field({"", false}, "Size"));
    CHECK_FALSE(shows_field({"{{.ID}}", false}, "Size"));
}

TEST_CASE("one value in a template") {
    const Json value = {{"Labels", {{"a", "b"}}}, {"N", 1}};
    CHECK(formatted("{{.Labels.a}} {{.Labels.c}}", value).value() == "b <no value>");
    CHECK(formatted("json", value).value() == R"({"Labels":{"a":"b"},"N":1})");
    CHECK_FALSE(formatted("{{.M}}", value));
}

}  // namespace bulkhead::cli
