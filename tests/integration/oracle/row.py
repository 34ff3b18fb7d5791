"""One command line that both programs are given, and how their answers compare."""

import re
import shlex
from typing import NamedTuple


class Row(NamedTuple):
    """`line` is what follows the program's name. `why` is said of a difference, and only of one."""
    line: str
    why: str = ""
    stdin: str = ""
    pipe: str = ""  # a shell command that standard output goes through before it is compared
    own_errors: bool = False  # the messages are those of the container's process
    listed: bool = True  # not in the table: it only makes room for what comes next

    def words(self):
        return shlex.split(self.line)

    def title(self):
        text = self.line + (f" \\| {self.pipe}" if self.pipe else "")
        return re.sub(r"(?<!\\)\|", r"\\|", text)


class Compared(NamedTuple):
    row: Row
    theirs: object
    ours: object

    def differing(self):
        """The parts that differ, in words."""
        parts = []
        if self.theirs.code != self.ours.code:
            parts.append(f"exit code {self.ours.code}, podman's is {self.theirs.code}")
        if self.theirs.out != self.ours.out:
            parts.append("output")
        if self.theirs.kind != self.ours.kind:
            parts.append(f"message ({self.ours.kind}, podman's: {self.theirs.kind})")
        return parts

    def problem(self):
        """What is not as the row says, or nothing."""
        differing = self.differing()
        if differing and not self.row.why:
            return f"differs without a reason: {', '.join(differing)}"
        if self.row.why and not differing:
            return "a reason is given, but nothing differs"
        return ""

    def table_line(self):
        differing = self.differing()
        if not differing:
            message = "" if self.ours.kind == "none" or self.row.own_errors else f", {self.ours.kind}"
            return f"| `{self.row.title()}` | {self.ours.code}{message} | same | |"
        return f"| `{self.row.title()}` | {self.ours.code} | {'; '.join(differing)} | {self.row.why} |"


def rows(*lines):
    """Rows of command lines alone, and of whole rows."""
    return [Row(line) if isinstance(line, str) else line for line in lines]
