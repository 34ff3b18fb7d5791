"""The three standard streams of the person or program that started the devhost."""

import os
import select
import shutil
import signal
import stat
import termios
import tty

CTRL_C = b"\x03"


def fill_closed_streams():
    """So that a descriptor opened later is never mistaken for a standard stream."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def is_interactive():
    return os.isatty(0) and os.isatty(1)


def has_input():
    """Whether standard input is worth passing on: not a terminal, not /dev/null."""
    if os.isatty(0):
        return False
    status = os.fstat(0)
    return not stat.S_ISCHR(status.st_mode) or status.st_rdev != os.stat(os.devnull).st_rdev


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            select.select([], [descriptor], [])


class Terminal:
    """The user's terminal, in raw mode while it is entered: every key goes to the command."""

    def __init__(self):
        self.on_resize = None

    def __enter__(self):
        self.saved = termios.tcgetattr(0)
        tty.setraw(0)
        self.previous = signal.signal(signal.SIGWINCH, lambda *_: self.on_resize and self.on_resize())

    def __exit__(self, *_):
        signal.signal(signal.SIGWINCH, self.previous)
        termios.tcsetattr(0, termios.TCSADRAIN, self.saved)

    def size(self):
        """(rows, columns)."""
        size = shutil.get_terminal_size()
        return size.lines, size.columns
