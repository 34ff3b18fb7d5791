"""Where a start's time goes: the steps of `bulkhead run --trace`, of several starts."""

import statistics

# The trace's tracks, by its thread ids.
TRACKS = {1: "bulkhead", 2: "monitor", 3: "guest"}


def steps_of(program):
    """[(track, step, when it began, how long it took)] of one start, in ms since the command was executed."""
    events, begin, end = program.traced()
    steps = [(TRACKS[event["tid"]], event["name"], event["ts"] / 1000 - begin, event["dur"] / 1000)
             for event in events if event["ph"] == "X"]
    steps.sort(key=lambda step: step[2])
    # Between the command's last step and the supervisor's first one nobody keeps a trace.
    launched = next(at + taken for _, step, at, taken in steps if step == "start the supervisor")
    prepares = next(at for _, step, at, _ in steps if step == "prepare the container")
    steps.insert(2, ("bulkhead", "the supervisor begins", launched, prepares - launched))
    last = max(at + taken for track, _, at, taken in steps if track == "bulkhead")
    # The trace begins in the command's main(), and ends before what it made is removed.
    return [("bulkhead", "execute the command", 0.0, steps[0][2]), *steps,
            ("bulkhead", "the command ends", last, end - begin - last)]


def measure(programs, runs, instructions):
    """Medians of each step, in the order of the first start."""
    results = []
    for program in programs:
        starts = [steps_of(program) for _ in range(runs)]
        for track, name, _, _ in starts[0]:
            found = [(at, taken) for start in starts for other, step, at, taken in start if (other, step) == (track, name)]
            times = [taken for _, taken in found]
            results.append({"name": program.name, "track": track, "step": name,
                            "unit": "Minstructions" if instructions else "ms",
                            "at": statistics.median(at for at, _ in found), "median": statistics.median(times),
                            "min": min(times), "max": max(times), "runs": len(times)})
    return {"steps": results}


def as_table(results):
    lines = ["| row | where | step | begins at | takes | min | max | unit |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for step in results["steps"]:
        lines.append(f"| {step['name']} | {step['track']} | {step['step']} | {step['at']:.1f} | {step['median']:.1f} | "
                     f"{step['min']:.1f} | {step['max']:.1f} | {step['unit']} |")
    return "\n".join(lines)
