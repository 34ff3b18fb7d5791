"""QEMU's monitor: what it is asked in the words of its human interface."""

import json

ANSWER_SECONDS = 10


class Monitor:
    """Speaks QMP on a socket. OSError or ValueError: QEMU does not answer."""

    def __init__(self, connection):
        connection.settimeout(ANSWER_SECONDS)
        self.stream = connection.makefile("rw", encoding="utf-8", errors="replace")
        self.greeted = False

    def ask(self, command):
        """What QEMU prints for COMMAND."""
        if not self.greeted:
            self.execute("qmp_capabilities")
            self.greeted = True
        return self.execute("human-monitor-command", {"command-line": command}).replace("\r", "")

    def execute(self, name, arguments=None):
        self.stream.write(json.dumps({"execute": name, "arguments": arguments or {}}) + "\n")
        self.stream.flush()
        while line := self.stream.readline():
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                return answer["error"]["desc"]
        raise OSError("it closed its monitor")
