"""Keeps a devhost's clock from standing still.

QEMU's emulation of AMD-V changes the word of a processor's pending interrupts without the lock that others change it under
(do_vmexit() and helper_vmrun() in svm_helper.c, at least until 7.2). So an interrupt is lost now and then. If it was the
timer's, there is no other one, and without it an idle processor sleeps for ever, and a busy one stays with the task that it is
at. Any other interrupt makes QEMU look at all that are pending: here a key that means nothing.
"""

import contextlib
import time

PERIOD_SECONDS = 0.5
KEY = {"keys": [{"type": "qcode", "data": "shift"}], "hold-time": 1}


class Pulse:
    def __init__(self, monitor):
        self.monitor = monitor
        self.pressed = time.monotonic()

    def check(self):
        """To be called often."""
        now = time.monotonic()
        if now - self.pressed < PERIOD_SECONDS:
            return
        self.pressed = now
        with contextlib.suppress(OSError, ValueError):
            self.monitor.tell("send-key", KEY)
