"""Mistakes on the command line, and what every program answers."""

from row import Row, rows

VERBS = ("run", "start", "stop", "restart", "kill", "rm", "pause", "unpause", "exec", "attach", "logs", "inspect", "wait",
         "top", "cp", "diff", "rename", "update", "port", "export", "commit", "rmi", "tag", "save", "history")

ROWS = rows(
    "bogus",
    "contaner ls",
    Row("--bogus", why="docker's code"),
    "container bogus",
    "image bogus",
    "system bogus",
    *VERBS,
    *(f"{verb} --bogus x" for verb in ("start", "stop", "logs", "inspect", "rm", "ps", "images", "cp", "commit")),
    "ps extra",
    "stop -t abc x",
    "rename x",
    "cp x",
    "tag x",
    "ps --format '{{.NoSuchField}}'",
    "ps --format '{{.Names'",
    "ps -n abc",
    "container ls -q",
    "ps -aq",
    Row("container prune -f", why="docker says what was reclaimed"),
    Row("system df --format '{{.Type}}'", why="there are no volumes yet"),
    "completion bogus",
    "inspect --type bogus busybox",
    "inspect -f '{{.Os}}' --type image busybox",
)
