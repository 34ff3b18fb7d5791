"""What the devhost's PID 1 is told to do: shell text that guest/main reads from the control port."""

import os
import shlex

# Beyond these the command starts with a clean environment, as it would after logging in.
PASSED = ("PATH", "HOME", "TERM", "LANG", "USER", "LOGNAME", "SHELL", "XDG_CACHE_HOME")
PASSED_PREFIXES = ("BULKHEAD_", "CTEST_")


def script(kernel, options, has_input, terminal_size):
    rows, columns = terminal_size or ("", "")
    values = {
        "cwd": os.getcwd(),
        "modules": str(kernel.modules),
        "stdin": "yes" if has_input else "",
        "terminal": "yes" if terminal_size else "",
        "rows": str(rows),
        "columns": str(columns),
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in values.items()]
    shares = [f"share {number} {shlex.quote(folder)}" for number, folder in enumerate(options.share)]
    lines.append("mount_shares() { " + "".join(f"{share}; " for share in [*shares, ":"]) + "}")
    lines.append(f"job() {{ exec {shlex.join(job_command(options.command, bool(terminal_size)))}; }}")
    return "".join(f"{line}\n" for line in lines)


def job_command(command, on_terminal):
    setsid = ["setsid", "-c"] if on_terminal else ["setsid"]
    return [*setsid, "/usr/bin/env", "-i", *environment(), *command]


def environment():
    return [
        f"{name}={value}"
        for name, value in os.environ.items()
        if name in PASSED or name.startswith(PASSED_PREFIXES)
    ]
