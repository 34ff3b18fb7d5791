"""Turns samples into rows, ratios and a Markdown table."""

import statistics

BASE_ROWS = ("crun", "runc", "qemu-microvm")
TIMES = ("first_byte", "whole")


def summarise(samples, instructions):
    """samples: {(name, metric): [value, ...]}, values of one round at one index."""
    rows = []
    for (name, metric), values in samples.items():
        unit = "KiB" if metric.endswith("_kib") else ("Minstructions" if instructions else "ms")
        rows.append({"name": name, "metric": metric, "unit": unit, "median": statistics.median(values),
                     "min": min(values), "max": max(values), "runs": len(values)})
    ratios = []
    for (name, metric), values in samples.items():
        if not name.startswith("bulkhead"):
            continue
        for base in BASE_ROWS:
            others = samples.get((base, metric))
            if others:
                # Pair by pair: both values of a pair come from the same round.
                pairs = [a / b for a, b in zip(values, others) if b > 0]
                if pairs:
                    ratios.append({"a": name, "b": base, "metric": metric, "median": statistics.median(pairs)})
    return {"rows": rows, "ratios": ratios}


def as_table(results):
    lines = ["| row | metric | median | min | max | unit | runs |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in results["rows"]:
        lines.append(f"| {row['name']} | {row['metric']} | {row['median']:.1f} | {row['min']:.1f} | "
                     f"{row['max']:.1f} | {row['unit']} | {row['runs']} |")
    lines += ["", "| ratio | metric | median |", "| --- | --- | --- |"]
    for ratio in results["ratios"]:
        lines.append(f"| {ratio['a']} / {ratio['b']} | {ratio['metric']} | {ratio['median']:.2f} |")
    return "\n".join(lines)
