"""Turns samples into rows, ratios and a Markdown table."""

import statistics

BASE_ROWS = ("crun", "runc", "qemu-microvm")
# By the end of a metric's name: its unit in wall time, and where the clock counts instructions (1 a nanosecond).
UNITS = (("_kib", "KiB", "KiB"), ("_failures", "", ""), ("_mib_per_second", "MiB/s", "MiB/Ginstructions"),
         ("_us_per_second", "us/s", "Kinstructions/s"), ("_per_second", "1/s", "1/Ginstructions"),
         ("", "ms", "Minstructions"))


def unit_of(metric, instructions):
    return next(unit[1 + instructions] for unit in UNITS if metric.endswith(unit[0]))


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summarise(samples, instructions):
    """samples: {(name, metric): [value, ...]}, values of one round at one index."""
    rows = [{"name": name, "metric": metric, "unit": unit_of(metric, instructions), **spread(values), "runs": len(values)}
            for (name, metric), values in samples.items()]
    ratios = []
    for (name, metric), values in samples.items():
        if not name.startswith("bulkhead") or metric.endswith("_failures"):
            continue
        for base in BASE_ROWS:
            # Pair by pair: both values of a pair come from the same round.
            pairs = [a / b for a, b in zip(values, samples.get((base, metric), [])) if b > 0]
            if pairs:
                ratios.append({"a": name, "b": base, "metric": metric, **spread(pairs)})
    return {"rows": rows, "ratios": ratios}


def as_table(results):
    lines = ["| row | metric | median | min | max | unit | runs |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in results["rows"]:
        lines.append(f"| {row['name']} | {row['metric']} | {row['median']:.1f} | {row['min']:.1f} | "
                     f"{row['max']:.1f} | {row['unit']} | {row['runs']} |")
    lines += ["", "| ratio | metric | median | min | max |", "| --- | --- | --- | --- | --- |"]
    for ratio in results["ratios"]:
        lines.append(f"| {ratio['a']} / {ratio['b']} | {ratio['metric']} | {ratio['median']:.2f} | {ratio['min']:.2f} | "
                     f"{ratio['max']:.2f} |")
    return "\n".join(lines)
