"""Containers that take all they can get of one thing, and the limits that hold each to less."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Hog:
    name: str
    script: str
    limits: tuple  # flags that bound it
    always: tuple = ()  # flags that it needs to be a hog at all
    # Its output goes to a client that reads it; otherwise it runs in the background.
    read: bool = False


HOGS = (
    Hog("CPU burn", "for i in 1 2 3 4; do while :; do :; done & done; wait",
        ("--cpus", "0.2", "--cpu-shares", "128")),
    Hog("fork bomb", "bomb() { bomb | bomb & }; while :; do bomb; sleep 1; done",
        ("--pids-limit", "64", "--memory", "64m", "--cpus", "0.2")),
    Hog("memory hog", "while :; do tail /dev/zero; done",
        ("--memory", "64m", "--cpus", "0.2")),
    Hog("disk hog", "while :; do dd if=/dev/zero of=/hog bs=1M count=16 conv=fsync 2>/dev/null; done",
        ("--device-write-bps", "/:1mb", "--device-read-bps", "/:1mb")),
    Hog("disk filler", "while :; do dd if=/dev/zero of=/fill bs=64k 2>/dev/null; rm -f /fill; done",
        ("--disk-size", "64m", "--device-write-bps", "/:1mb"), always=("--disk-size", "512m")),
    Hog("output flood", "yes", ("--stream-bps", "1mb", "--cpus", "0.2"), read=True),
    Hog("console flood", "while :; do echo flood >/dev/kmsg; done",
        ("--cpus", "0.2"), always=("--privileged",)),
)
