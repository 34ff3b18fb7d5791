"""The parts of tools/devhost: a KVM host inside QEMU's software emulation of a processor."""


class DevhostError(Exception):
    """The devhost itself failed, as opposed to the command that runs in it."""


class DevhostStuck(DevhostError):
    """The devhost's machine runs no more: its kernel does not answer."""
