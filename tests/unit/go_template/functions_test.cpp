#include "tests/unit/go_template/support.h"

namespace bulkhead::go_template {

using test::run;

TEST_CASE("json prints members in their order") {
    CHECK(run("{{json .State}} {{json .Names}} {{json .Nothing}} {{json .Name}}") ==
          R"({"Status":"running","Pid":42} ["a","b","c"] null "web")");
}

TEST_CASE("index, len and slice") {
    CHECK(run("{{index .Names 2}} {{len .Names}} {{len .Labels}} {{len .Name}}") == "c 3 2 3");
    CHECK(run("{{index . \"State\" \"Pid\"}} {{slice .Name 1}} {{slice .Names 0 2}}") ==
          "42 eb [a b]");
    CHECK(run("{{index .Names 3}}").find("index 3 of a list of 3") != std::string::npos);
    CHECK(run("{{index .Names -1}}").starts_with("error:"));
    CHECK(run("{{slice .Name 2 1}}").starts_with("error:"));
    CHECK(run("{{len 3}}").starts_with("error:"));
}

TEST_CASE("docker's functions on text") {
    CHECK(run("{{join .Names \", \"}} {{upper .Name}} {{lower \"ABC\"}} {{title \"a big dog\"}}") ==
          "a, b, c WEB abc A Big Dog");
    CHECK(run("{{split \"a/b/c\" \"/\"}} {{pad .Name 1 2}}| {{truncate .Name 2}}") ==
          "[a b c]  web  | we");
    CHECK(run("{{truncate \"aé\" 2}}") == "a");
    CHECK(run("{{upper 3}}") == "error: template: line 1, column 3: upper: wants a string, not 3");
    CHECK(run("{{join .Names}}").find("wants 2 values, not 1") != std::string::npos);
}

TEST_CASE("comparisons") {
    CHECK(run("{{eq .Name \"x\" \"web\"}} {{eq .Count 3}} {{ne .Count 3}}") == "true true false");
    CHECK(run("{{lt .Count 4}}{{le .Count 3}}{{gt .Count 4}}{{ge .Count 3}}{{lt \"a\" \"b\"}}") ==
          "truetruefalsetruetrue");
    CHECK(run("{{eq .Nothing nil}} {{gt .Size 2}}") == "true true");
    CHECK(run("{{eq .Name 3}}").find("incompatible types") != std::string::npos);
    CHECK(run("{{lt .On .Off}}").starts_with("error:"));
}

TEST_CASE("and and or give the value that decides, and stop there") {
    CHECK(run("{{and .Name .Id}} {{and .Name .Zero .Id}} {{or .Empty .Id}} {{or .Empty 0}}") ==
          "4f5e 0 4f5e 0");
    CHECK(run("{{or .Name .Missing}} {{and .Off .Missing}}") == "web false");
    CHECK(run("{{if and .On (not .Off)}}yes{{end}}") == "yes");
}

TEST_CASE("printf has Go's verbs") {
    CHECK(run("{{printf \"%s %d %v %q %t %%\" .Name .Count .Names .Id .On}}") ==
          "web 3 [a b c] \"4f5e\" true %");
    CHECK(run("{{printf \"%5s|%-5s|%05d|%+d|%x|%X|%#x\" \"ab\" \"cd\" -42 7 255 \"hi\" 255}}") ==
          "   ab|cd   |-0042|+7|ff|6869|0xff");
    CHECK(run("{{printf \"%.2f %.1s %6.1f %c %o %b\" .Size .Name .Size 65 8 5}}") ==
          "2.50 w    2.5 A 10 101");
    CHECK(run("{{printf \"%-3s|\" \"é\"}}") == "é  |");
    CHECK(run("{{printf \"%d\" .Name}} {{printf \"%d\"}} {{printf \"a\" 1}}") ==
          "%!d(web) %!d(MISSING) a%!(EXTRA)");
    CHECK(run("{{printf \"%\" 1}}").starts_with("error:"));
}

TEST_CASE("print and println") {
    CHECK(run("{{println .Name 1 2}}") == "web 1 2\n");
    CHECK(run("{{print 1 2 .Name 3}}") == "1 2web3");
}

TEST_CASE("constants") {
    CHECK(run(R"({{"a\tb\x41\u00e9\"" }} {{`raw\n`}} {{'a'}} {{-1.5e3}} {{true}})") ==
          "a\tbAé\" raw\\n 97 -1500.0 true");
}

}  // namespace bulkhead::go_template
