"""What a devhost that does not get on is doing: its processor as QEMU sees it, and every waiting task as its kernel does."""

import json

ANSWER_SECONDS = 10
KEY_SECONDS = 10

# Registers twice: a processor that runs is elsewhere the second time.
QUESTIONS = ("info status", "info registers", "info lapic", "info pic", "info registers")

# SysRq by keyboard, so that only interrupts have to work: every message to the console; tasks that cannot be interrupted, all
# tasks, timers, what the processor does.
SYSRQ = "9wtql"
ANSWER = b"sysrq: "


class Standstill:
    """Asks through MONITOR, a socket on which QEMU speaks QMP."""

    def __init__(self, monitor):
        monitor.settimeout(ANSWER_SECONDS)
        self.stream = monitor.makefile("rw", encoding="utf-8", errors="replace")

    def report(self, relay_for):
        """The processor's state as text; RELAY_FOR passes on for some seconds what the kernel says on its console."""
        try:
            self.ask({"execute": "qmp_capabilities"})
            said = "".join(f"\n({question})\n{self.human(question)}" for question in QUESTIONS)
            for key in SYSRQ:
                self.human(f"sendkey alt-sysrq-{key}")
                relay_for(KEY_SECONDS)
        except (OSError, ValueError) as error:
            return f"QEMU itself does not answer: {error}"
        return said.replace("\r", "")

    def human(self, command):
        return self.ask({"execute": "human-monitor-command", "arguments": {"command-line": command}})

    def ask(self, question):
        self.stream.write(json.dumps(question) + "\n")
        self.stream.flush()
        while line := self.stream.readline():
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                return answer["error"]["desc"]
        raise OSError("it closed its monitor")
