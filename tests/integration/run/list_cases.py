"""Lists, and images that are in use, while a container runs."""

import json
import time

from lifecycle_cases import command
from support import expect


def images_in_use(bulkhead):
    """What runs is listed as such, and neither its image nor itself can be pruned."""
    command(bulkhead, "run", "-d", "--name", "busy", "busybox", "sh", "-c", "echo data > /file; sync; sleep 10000")
    expect(command(bulkhead, "ps", "--filter", "status=running", "--format", "{{.Names}} {{.State}}") == "busy running\n", "ps")
    expect(command(bulkhead, "ps", "-a", "--filter", "exited=0", "-q") == "", "it has not exited")
    expect(command(bulkhead, "ps", "--format", "{{.Status}}").startswith("Up "), "its status")
    for _ in range(100):
        size = json.loads(command(bulkhead, "container", "inspect", "-s", "busy"))[0]["SizeRw"]
        if size > 0:
            break
        time.sleep(0.1)
    expect(size > 0, "its disk takes no room")
    rows = [json.loads(line) for line in command(bulkhead, "system", "df", "--format", "json").splitlines()]
    expect(rows[1]["Active"] == "1" and rows[1]["Reclaimable"].startswith("0B"), f"{rows}")
    command(bulkhead, "tag", "busybox", "other:1")
    expect(command(bulkhead, "rmi", "-f", "other:1") == "Untagged: other:1\n", "a second name may go")
    command(bulkhead, "rmi", "-f", "busybox", code=1)
    expect(command(bulkhead, "container", "prune", "-f") == "Total reclaimed space: 0B\n", "it was pruned")
    expect(command(bulkhead, "info", "-f", "{{.ContainersRunning}}") == "1\n", "info")
    command(bulkhead, "kill", "busy")
    command(bulkhead, "wait", "busy")
    expect(command(bulkhead, "ps", "--filter", "exited=137", "--format", "{{.Names}}") == "busy\n", "it has exited")
    expect("Deleted Containers:" in command(bulkhead, "container", "prune", "-f"), "it was not pruned")
