#include "tools/bulkhead/man_page.h"

#include "base/text.h"
#include "tools/bulkhead/groups.h"
#include "tools/bulkhead/verb_table.h"
#include "tools/bulkhead/version.h"

namespace bulkhead::cli {

namespace {

// Text in roff: no character of it is an instruction.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\\') {
            result += "\\e";
        } else if (c == '-') {
            result += "\\-";
        } else if (c == '\'') {
            result += "\\(aq";
        } else if (c == '"') {
            result += "\\(dq";
        } else {
            result += c;
        }
    }
    // At a line's start a dot would be a request.
    if (result.starts_with('.')) result.insert(0, "\\&");
    return result;
}

std::string flag_text(const FlagWords& flag) {
    const std::string letter = flag.letter.empty() ? "" : "\\fB\\-" + flag.letter + "\\fR, ";
    const std::string value =
        flag.value_name.empty() ? "" : " \\fI" + escaped(flag.value_name) + "\\fR";
    return concat(".TP\n", letter, "\\fB\\-\\-", escaped(flag.name), "\\fR", value, "\n",
                  escaped(flag.help), "\n");
}

std::string flags_text(const std::vector<FlagWords>& flags) {
    std::string text;
    for (const FlagWords& flag : flags) {
        if (flag.name != "help") text += flag_text(flag);
    }
    return text;
}

std::string command_text(const Command& command) {
    std::string text = concat(".SS ", escaped(command.name), "\n.B bulkhead ",
                              escaped(command.usage), "\n.PP\n", escaped(command.summary), ".\n");
    std::string aliases;
    for (const std::string& alias : aliases_of(command))
        aliases += (aliases.empty() ? "" : ", ") + alias;
    if (!aliases.empty()) text += ".PP\nAlso: " + escaped(aliases) + ".\n";
    text += flags_text(flags_of(command));
    return text + ".PP\nExample:\n.PP\n.RS 4\n.nf\n" + escaped(command.example) + "\n.fi\n.RE\n";
}

std::string groups_text() {
    std::string text;
    for (const Group& group : groups()) {
        std::string verbs;
        for (const GroupVerb& verb : group.verbs)
            verbs += (verbs.empty() ? "" : ", ") + std::string(verb.name);
        text += concat(".TP\n.B ", escaped(group.name), "\n", escaped(group.summary), ": ",
                       escaped(verbs), ".\n");
    }
    return text;
}

constexpr std::string_view kEnd = R"(.SH EXIT STATUS
.B bulkhead run
gives the container's exit status, or:
.TP
.B 125
bulkhead or the machine failed; the message says at which stage
.TP
.B 126
the program was found but cannot be executed
.TP
.B 127
the program was not found
.PP
Other verbs give 0 when it was done, and 1 when it could not be done.
.SH FILES
.TP
.I /var/lib/bulkhead
images and containers of root; anyone else's are below
.I $XDG_DATA_HOME/bulkhead
.TP
.I /run/bulkhead
sockets, and containers that go with their run
.TP
.I /run/bulkhead-users
the user ids in use, one for each machine of root's
)";

}  // namespace

std::string man_page(std::span<const Command* const> commands) {
    std::string text =
        concat(".TH BULKHEAD 1 \"\" \"bulkhead ", version_text(), "\" \"Bulkhead Manual\"\n",
               ".SH NAME\nbulkhead \\- run each container in a virtual machine of its own\n",
               ".SH SYNOPSIS\n.B bulkhead\n[\\fIFLAGS\\fR] \\fICOMMAND\\fR [\\fIARGUMENT\\fR...]\n",
               ".SH DESCRIPTION\nBulkhead takes docker\\(aqs verbs and flags, and runs every "
               "container in a "
               "KVM virtual machine.\n",
               ".SH FLAGS\n", flags_text(global_flag_words()), ".SH COMMANDS\n");
    for (const Command* command : commands) text += command_text(*command);
    for (const Command* command : grouped_only(commands)) text += command_text(*command);
    return text + ".SH GROUPS\nThe same commands, ordered by what they are about.\n" +
           groups_text() + std::string(kEnd);
}

}  // namespace bulkhead::cli
