"""runtime.md: create, start, kill, delete, state; a container that is looked at from outside."""

import json
import subprocess
import time

from check import Row

OPERATIONS = "runtime.md: Operations"


def call(bulkhead, *words):
    return subprocess.run(bulkhead.command(*words), stdin=subprocess.DEVNULL, capture_output=True, check=False)


def state_of(bulkhead, name):
    result = call(bulkhead, "inspect", name)
    return json.loads(result.stdout)[0]["State"] if result.returncode == 0 else {}


def wait_for(bulkhead, name, text):
    for _ in range(600):
        if text in call(bulkhead, "logs", name).stdout:
            return True
        time.sleep(0.1)
    return False


def life(bulkhead, make_bundle, save):
    """One container, from its creation to its end."""
    def change(config):
        config["process"]["args"] = ["sh", "-c", "trap 'exit 9' USR1; echo runs; while :; do sleep 0.1; done"]
        config["hooks"] = {"poststop": [{"path": "/bin/sh", "args": ["sh", "-c", "echo stopped > /stopped"],
                                         "env": ["PATH=/bin"]}]}
    bundle, config = make_bundle(change)
    save(bundle, config)
    rows = []

    def row(name, section, passed):
        rows.append(Row(name, section, bool(passed), "" if passed else f"{state_of(bulkhead, 'oci')}"))

    row("create", f"{OPERATIONS}: Create", call(bulkhead, "create", "--name", "oci", "--config", bundle).returncode == 0)
    row("create.id.taken", f"{OPERATIONS}: Create",
        call(bulkhead, "create", "--name", "oci", "--config", bundle).returncode != 0)
    row("state.created", f"{OPERATIONS}: State", state_of(bulkhead, "oci").get("Status") == "created")
    config["process"]["args"] = ["sh", "-c", "echo changed"]
    save(bundle, config)  # no effect: runtime.md, Create
    row("start", f"{OPERATIONS}: Start", call(bulkhead, "start", "oci").returncode == 0)
    row("start.config.was.fixed", f"{OPERATIONS}: Create", wait_for(bulkhead, "oci", b"runs\n"))
    row("state.running", f"{OPERATIONS}: State", state_of(bulkhead, "oci").get("Status") == "running")
    row("delete.running", f"{OPERATIONS}: Delete", call(bulkhead, "rm", "oci").returncode != 0)
    call(bulkhead, "kill", "-s", "USR1", "oci")
    row("kill", f"{OPERATIONS}: Kill", call(bulkhead, "wait", "oci").stdout == b"9\n")
    row("state.stopped", f"{OPERATIONS}: State", state_of(bulkhead, "oci").get("Status") == "exited")
    row("kill.stopped", f"{OPERATIONS}: Kill", call(bulkhead, "kill", "oci").returncode != 0)
    call(bulkhead, "start", "oci")
    ran = call(bulkhead, "exec", "oci", "/bin/cat", "/stopped").stdout == b"stopped\n"
    row("hooks.poststop", "config.md: POSIX-platform Hooks", ran)
    call(bulkhead, "kill", "oci")
    call(bulkhead, "wait", "oci")
    row("delete", f"{OPERATIONS}: Delete", call(bulkhead, "rm", "oci").returncode == 0)
    row("state.missing", f"{OPERATIONS}: State", call(bulkhead, "inspect", "oci").returncode != 0)
    return rows
