#include "tools/bulkhead/list_format.h"

#include <algorithm>

#include "base/text.h"
#include "tools/bulkhead/go_template/template.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

using go_template::json_of;
using go_template::Template;
using go_template::Value;
using go_template::Values;

constexpr std::string_view kTable = "table";
constexpr std::size_t kColumnWidth = 10;  // docker's: no column is narrower

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// A shell's words have no tabs and line ends of their own.
std::string with_escapes(std::string format) {
    replace_all(format, "\\t", "\t");
    replace_all(format, "\\n", "\n");
    return format;
}

bool is_table(std::string_view format) {
    return format == kTable || format.starts_with("table ") || format.starts_with("table\\t") ||
           format.starts_with("table\t");
}

Result<std::string> label_name(const Values& arguments) {
    if (arguments.size() != 1 || !json_of(arguments[0]).is_string())
        return Error("wants the name of one label");
    return json_of(arguments[0]).get<std::string>();
}

go_template::Options row_options(const ListRow& row) {
    go_template::Options options;
    options.methods["Label"] = [&row](const Value& /*receiver*/,
                                      const Values& arguments) -> Result<Value> {
        const auto found = row.labels.find(TRY(label_name(arguments)));
        return go_template::make_value(found == row.labels.end() ? "" : found->second);
    };
    return options;
}

// docker's heading of a label's column: "com.example.my-tier" is "MY TIER".
std::string label_heading(std::string name) {
    name = name.substr(name.rfind('.') + 1);
    for (char& c : name) {
        if (c == '-' || c == '_') c = ' ';
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

Result<std::string> heading_text(const Template& line, const ListColumns& columns) {
    Json headings = Json::object();
    for (const auto& [field, heading] : columns.headings) headings[field] = heading;
    go_template::Options options;
    options.methods["Label"] = [](const Value& /*receiver*/,
                                  const Values& arguments) -> Result<Value> {
        return go_template::make_value(label_heading(TRY(label_name(arguments))));
    };
    return line.execute(go_template::make_value(std::move(headings)), options);
}

// Lines of cells that tabs separate.
void append_cells(std::vector<Row>& table, const std::string& text) {
    std::size_t line_start = 0;
    do {
        const std::size_t line_end = std::min(text.find('\n', line_start), text.size());
        Row cells;
        std::size_t start = line_start;
        for (std::size_t tab = text.find('\t', start); tab < line_end;
             tab = text.find('\t', start)) {
            cells.push_back(text.substr(start, tab - start));
            start = tab + 1;
        }
        cells.push_back(text.substr(start, line_end - start));
        table.push_back(std::move(cells));
        line_start = line_end + 1;
    } while (line_start <= text.size());
}

Result<std::string> table_text(const Template& line, const ListColumns& columns,
                               const std::vector<ListRow>& rows) {
    std::vector<Row> cells;
    append_cells(cells, TRY(heading_text(line, columns)));
    for (const ListRow& row : rows) {
        append_cells(cells,
                     TRY(line.execute(go_template::make_value(row.fields), row_options(row))));
    }
    return table(cells, kColumnWidth);
}

// What is left when "table" and -q are applied: the template of a line.
std::string line_template(const ListChoice& choice, const ListColumns& columns) {
    const bool is_usual = choice.format.empty() || choice.format == kTable;
    if (choice.quiet && (is_usual || is_table(choice.format))) return columns.quiet;
    if (is_usual) return columns.usual;
    return choice.format;
}

}  // namespace

std::vector<Flag> list_flags(ListChoice& target) {
    return {
        {"format", '\0', "FORMAT",
         "'table', 'table TEMPLATE', 'json', or a Go template for each row", store(target.format)},
        {"quiet", 'q', "", "ids only", store(target.quiet)}};
}

Result<std::string> list_text(const ListChoice& choice, const ListColumns& columns,
                              const std::vector<ListRow>& rows) {
    std::string source = line_template(choice, columns);
    if (source == "json") source = "{{json .}}";
    const bool as_table = is_table(source);
    source = with_escapes(source);
    if (as_table) {
        source.erase(0, kTable.size());
        source.erase(0, std::min(source.find_first_not_of(" \t"), source.size()));
    }
    const Template line = TRY(Template::parse(source));
    if (as_table) return table_text(line, columns, rows);
    std::string text;
    for (const ListRow& row : rows) {
        text += TRY(line.execute(go_template::make_value(row.fields), row_options(row)));
        text += '\n';
    }
    return text;
}

bool shows_field(const ListChoice& choice, std::string_view field) {
    return choice.format == "json" || choice.format.find("json .}}") != std::string::npos ||
           choice.format.find(concat(".", field)) != std::string::npos;
}

Result<std::string> formatted(const std::string& format, const Json& value) {
    if (format == "json") return go_template::json_text(value);
    const Template parsed = TRY(Template::parse(with_escapes(format)));
    go_template::Options options;
    options.open_maps = {open_maps().begin(), open_maps().end()};
    return parsed.execute(go_template::make_value(value), options);
}

const std::vector<std::string>& open_maps() {
    static const std::vector<std::string> kNames = {
        "Labels", "ExposedPorts", "Volumes", "Annotations", "Sysctls", "Tmpfs", "Attributes"};
    return kNames;
}

}  // namespace bulkhead::cli
