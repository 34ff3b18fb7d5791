"""The rate of this machine's time stamp counter, which is also that of the emulated processor.

The devhost's kernel could find it out itself, but on a busy machine it has been seen to be wrong by a
factor of 25, and then every clock in there is.
"""

import ctypes
import mmap
import platform
import time

# rdtsc; shl rdx, 32; or rax, rdx; ret
READ_COUNTER = bytes.fromhex("0f31 48c1e220 4809d0 c3")
INTERVAL_SECONDS = 0.03
TRIES = 20


def kilohertz():
    """None where it cannot be measured: then the kernel has to calibrate."""
    if platform.machine() != "x86_64":
        return None
    try:
        code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError:
        return None
    code.write(READ_COUNTER)
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    counter = ctypes.CFUNCTYPE(ctypes.c_uint64)(address)
    first_time, first_count = sample(counter)
    time.sleep(INTERVAL_SECONDS)
    last_time, last_count = sample(counter)
    return round((last_count - first_count) * 1_000_000 / (last_time - first_time))


def sample(counter):
    """(nanoseconds, count) read at the same moment: the closest of some tries."""
    best = None
    for _ in range(TRIES):
        before, count, after = time.monotonic_ns(), counter(), time.monotonic_ns()
        if best is None or after - before < best[0]:
            best = (after - before, (before + after) // 2, count)
    return best[1:]
