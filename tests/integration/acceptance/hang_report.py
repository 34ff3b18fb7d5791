"""What stands still when a case takes much longer than it should. The case goes on; tools/on_kvm or ctest's limit ends it later."""

import faulthandler
import os
import sys
import threading

# The longest case takes 400 s on an idle machine.
SECONDS = float(os.environ.get("BULKHEAD_TEST_HANG_SECONDS", "900"))


def arm():
    timer = threading.Timer(SECONDS, report)
    timer.daemon = True
    timer.start()


def report():
    print(f"still running after {SECONDS:.0f} s; this program:", file=sys.stderr, flush=True)
    faulthandler.dump_traceback(file=sys.stderr)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if text(pid, "comm").startswith(("bulkhead", "exe")):
            report_process(pid)
    sys.stderr.flush()


def report_process(pid):
    print(f"process {pid}: {text(pid, 'cmdline').replace(chr(0), ' ')}", file=sys.stderr)
    for thread in os.listdir(f"/proc/{pid}/task"):
        of_thread = os.path.join(pid, "task", thread)
        print(f"  thread {thread} {text(of_thread, 'comm')}: {text(of_thread, 'syscall')}", file=sys.stderr)
        print("".join(f"    {line}\n" for line in text(of_thread, "stack").splitlines()), end="", file=sys.stderr)


def text(of, name):
    """A process or a thread may end meanwhile."""
    try:
        with open(os.path.join("/proc", of, name), encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError as error:
        return f"({error.strerror})"
