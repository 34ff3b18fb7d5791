"""Wakes a devhost whose processor sleeps for ever.

QEMU's emulation of AMD-V changes the word of a processor's pending interrupts without the lock that others change it under
(do_vmexit() and helper_vmrun() in svm_helper.c, at least until 7.2). So an interrupt is lost now and then. If it was the
timer's, and nothing else goes on, nothing ever does: the processor halts with interrupts enabled and one pending. Any other
interrupt makes QEMU look at all that are pending: here a key that means nothing.
"""

import contextlib
import pathlib
import time

CHECK_SECONDS = 1
# A kernel that has nothing to do still wakes several times in this time.
ASLEEP_SECONDS = 5


class Pulse:
    def __init__(self, pid, monitor):
        self.tasks = pathlib.Path(f"/proc/{pid}/task")
        self.monitor = monitor
        self.switches = None
        self.checked = self.moved = time.monotonic()

    def check(self):
        """To be called often."""
        now = time.monotonic()
        if now - self.checked < CHECK_SECONDS:
            return
        self.checked = now
        switches = self.count_switches()
        if switches != self.switches:
            self.switches, self.moved = switches, now
        elif now - self.moved >= ASLEEP_SECONDS:
            self.moved = now
            with contextlib.suppress(OSError, ValueError):
                self.monitor.ask("sendkey shift")

    def count_switches(self):
        """How often QEMU's threads have waited so far; None when it ends."""
        try:
            statuses = [task.joinpath("status").read_text() for task in self.tasks.iterdir()]
        except OSError:
            return None
        lines = (line for status in statuses for line in status.splitlines())
        return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
