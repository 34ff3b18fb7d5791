"""What a devhost that does not get on is doing: its processor as QEMU sees it, and every task as its kernel does."""

KEY_SECONDS = 10

# Registers twice: a processor that runs is elsewhere the second time.
QUESTIONS = ("info status", "info registers", "info lapic", "info pic", "info registers")

# SysRq by keyboard, so that only interrupts have to work: every message to the console; tasks that cannot be interrupted, all
# tasks, timers, what the processor does.
SYSRQ = "9wtql"
ANSWER = b"sysrq: "


def report(monitor, relay_for):
    """The processor's state as text; RELAY_FOR passes on for some seconds what the kernel says on its console."""
    try:
        said = "".join(f"\n({question})\n{monitor.ask(question)}" for question in QUESTIONS)
        for key in SYSRQ:
            monitor.ask(f"sendkey alt-sysrq-{key}")
            relay_for(KEY_SECONDS)
    except (OSError, ValueError) as error:
        return f"QEMU itself does not answer: {error}"
    return said
