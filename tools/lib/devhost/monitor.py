"""QEMU's monitor: what it is told, and what it is asked in the words of its human interface."""

import json
import select

ANSWER_SECONDS = 10
CHUNK = 1 << 16


class Monitor:
    """Speaks QMP on a socket. OSError or ValueError: QEMU does not answer."""

    def __init__(self, connection):
        connection.settimeout(ANSWER_SECONDS)
        self.connection = connection
        self.received = b""
        self.sent = 0

    def ask(self, command):
        """What QEMU prints for COMMAND."""
        number = self.send("human-monitor-command", {"command-line": command})
        while True:
            for answer in self.take_answers():
                if answer.get("id") == number:
                    return (answer["return"] if "return" in answer else answer["error"]["desc"]).replace("\r", "")
            self.receive()

    def tell(self, command, arguments):
        """Does not wait until COMMAND is done, nor look at what comes of it."""
        self.send(command, arguments)
        while select.select([self.connection], [], [], 0)[0]:
            self.receive()
        for _ in self.take_answers():
            pass

    def send(self, command, arguments):
        if self.sent == 0:
            self.write({"execute": "qmp_capabilities"})
        self.sent += 1
        self.write({"execute": command, "arguments": arguments, "id": self.sent})
        return self.sent

    def write(self, message):
        self.connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self):
        data = self.connection.recv(CHUNK)
        if not data:
            raise OSError("it closed its monitor")
        self.received += data

    def take_answers(self):
        *lines, self.received = self.received.split(b"\n")
        return [json.loads(line) for line in lines]
