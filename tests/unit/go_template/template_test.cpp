#include "tests/unit/go_template/support.h"

namespace bulkhead::go_template {

using test::run;

TEST_CASE("text stays, and fields are replaced") {
    CHECK(run("").empty());
    CHECK(run("plain } text {") == "plain } text {");
    CHECK(run("{{.Name}}: {{ .State.Status }}!") == "web: running!");
    CHECK(run("{{.}}").starts_with("map[Count:3 Empty: Id:4f5e"));
    CHECK(run("{{.Names}} {{.Labels}} {{.On}} {{.Size}}") ==
          "[a b c] map[app:shop tier:front] true 2.5");
    CHECK(run("{{.Nothing}}") == "<no value>");
}

TEST_CASE("a field that is not there is named") {
    CHECK(run("x\n {{.State.Statsu}}") ==
          "error: template: line 2, column 4: <.State.Statsu>: there is no field \"Statsu\"");
    CHECK(run("{{.Name.First}}") ==
          "error: template: line 1, column 3: <.Name.First>: no field \"First\" in string");
    CHECK(run("{{.Nothing.X}}").find("\"X\" in what is not there") != std::string::npos);
}

TEST_CASE("a map of anything has no value for what it lacks") {
    Options options;
    options.open_maps = {"Labels"};
    CHECK(run("{{.Labels.tier}} {{.Labels.none}}", options) == "front <no value>");
    CHECK(run("{{.State.none}}", options).starts_with("error:"));
    CHECK(run(R"({{index .Labels "tier"}}-{{index .Labels "none"}}-)") == "front--");
}

TEST_CASE("if, else if, else") {
    CHECK(run("{{if .On}}a{{else}}b{{end}}{{if .Off}}a{{else}}b{{end}}") == "ab");
    CHECK(run("{{if .Zero}}a{{else if .Empty}}b{{else if .Count}}c{{else}}d{{end}}") == "c");
    CHECK(run("{{if .None}}a{{end}}{{if .Nothing}}b{{end}}{{if not .Off}}c{{end}}") == "c");
}

TEST_CASE("range over lists and maps") {
    CHECK(run("{{range .Names}}<{{.}}>{{end}}") == "<a><b><c>");
    CHECK(run("{{range .None}}x{{else}}none{{end}}") == "none");
    CHECK(run("{{range $i, $n := .Names}}{{$i}}{{$n}}{{$.Id}} {{end}}") == "0a4f5e 1b4f5e 2c4f5e ");
    CHECK(run("{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}") == "app=shop;tier=front;");
    CHECK(run("{{range .Names}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}") == "ac");
    CHECK(run("{{range .Names}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}") == "a");
    CHECK(run("{{range .Name}}{{end}}").find("range cannot go over \"web\"") != std::string::npos);
}

TEST_CASE("with changes the dot") {
    CHECK(run("{{with .State}}{{.Status}} {{$.Name}}{{end}}{{with .Empty}}x{{else}}y{{end}}") ==
          "running weby");
    CHECK(run("{{with $s := .State}}{{$s.Pid}}{{end}}") == "42");
}

TEST_CASE("variables live to the end of their block") {
    CHECK(run("{{$x := .Name}}{{if .On}}{{$x := .Id}}{{$x}}{{end}}{{$x}}") == "4f5eweb");
    CHECK(run("{{$last := \"\"}}{{range .Names}}{{$last = .}}{{end}}{{$last}}") == "c");
    CHECK(run("{{if .On}}{{$y := 1}}{{end}}{{$y}}").find("undefined variable \"$y\"") !=
          std::string::npos);
}

TEST_CASE("pipes give their value to the next one") {
    CHECK(run("{{.Name | upper | printf \"%s-%s\" .Id}}") == "4f5e-WEB");
    CHECK(run("{{(index .Names 1) | upper}}{{(.State).Pid}}") == "B42");
    CHECK(run("{{len (join .Names \",\")}}") == "5");
}

TEST_CASE("trim markers take spaces away, and comments leave nothing") {
    CHECK(run("a \n {{- .Name -}} \n b") == "awebb");
    CHECK(run("a {{/* nothing }} */}} b {{- /* x */ -}} c") == "a  bc");
    CHECK(run("{{-3}}") == "-3");
}

TEST_CASE("methods take arguments") {
    Options options;
    options.methods["Label"] = [](const Value& receiver, const Values& arguments) -> Result<Value> {
        if (arguments.size() != 1) return Error("wants a name");
        return part_of(receiver, json_of(receiver).at("Labels").at(json_of(arguments[0])));
    };
    CHECK(run("{{.Label \"app\"}} {{.Label \"tier\" | upper}}", options) == "shop FRONT");
    CHECK(run("{{.Label}}", options) == "error: template: line 1, column 3: .Label: wants a name");
    CHECK(run("{{.Name 1}}", options).find("takes no arguments") != std::string::npos);
}

TEST_CASE("what is no template is an error that says where") {
    for (const char* source : {"{{",
                               "{{.Name",
                               "{{}}",
                               "{{end}}",
                               "{{else}}",
                               "{{if .On}}",
                               "{{range}}{{end}}",
                               "{{if .On}}{{else}}{{else}}{{end}}",
                               "{{.Name | }}",
                               "{{(.Name}}",
                               "{{.Name)}}",
                               "{{\"open}}",
                               "{{`open}}",
                               "{{nope .Name}}",
                               "{{define \"x\"}}{{end}}",
                               "{{break}}",
                               "{{.Name ! }}",
                               "{{$x, $y, $z := .Names}}",
                               "{{1 2}}",
                               "{{/* open",
                               "{{\"\\z\"}}",
                               "{{$a, $b := .Name}}",
                               "{{+}}",
                               "{{'ab'}}"}) {
        INFO(source);
        CHECK(run(source).starts_with("error: template: line 1"));
    }
}

TEST_CASE("nesting, steps and output are bounded") {
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "{{if .On}}";
    CHECK(run(deep).find("nested deeper") != std::string::npos);
    CHECK(run("{{" + std::string(1000, '(') + "}}").find("nested deeper") != std::string::npos);
    std::string loops;
    std::string ends;
    for (int i = 0; i < 30; ++i) {
        loops += "{{range $.Names}}";
        ends += "{{end}}";
    }
    CHECK(run(loops + ends).find("too many steps") != std::string::npos);
    std::string doubling = "{{$x := \"xxxxxxxx\"}}";
    for (int i = 0; i < 40; ++i) doubling += "{{$x = print $x $x}}";
    CHECK(run(doubling).find("too long") != std::string::npos);
    CHECK(run("{{printf \"%99999d\" 1}}").find("width") != std::string::npos);
}

}  // namespace bulkhead::go_template
