#!/usr/bin/env python3
"""Compares two files of Google Benchmark's JSON, repetition by repetition: compare.py OLD NEW.

A benchmark has changed where its medians differ by more than the noise: three times the larger of both files' spreads
(median absolute deviation, scaled to a standard deviation), and 3 % at least. Exit status 1 where one is slower.
"""
import json, statistics, sys

LEAST = 0.03


def times(path):
    """Seconds of each repetition by benchmark."""
    try:
        runs = json.load(open(path))["benchmarks"]
    except (OSError, ValueError, KeyError) as problem:
        sys.exit(f"compare: {path} holds no benchmarks: {problem}")
    scale = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
    found = {}
    for run in runs:
        if run.get("run_type", "iteration") == "iteration" and not run.get("error_occurred"):
            found.setdefault(run["run_name"], []).append(run["real_time"] * scale[run["time_unit"]])
    return found


def spread(values):
    """Of one repetition around the median, as a part of it."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(value - middle) for value in values) / middle if middle else 0.0


def human(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def main(old_path, new_path):
    old, new = times(old_path), times(new_path)
    width = max(map(len, old.keys() | new.keys()), default=0)
    slower = 0
    for name in sorted(old.keys() & new.keys()):
        before, after = statistics.median(old[name]), statistics.median(new[name])
        change = after / before - 1 if before else 0.0
        noise = max(LEAST, 3 * spread(old[name]), 3 * spread(new[name]))
        verdict = "" if abs(change) <= noise else "SLOWER" if change > 0 else "faster"
        slower += verdict == "SLOWER"
        print(f"{name:{width}}  {human(before):>9} -> {human(after):>9}  {change:+7.1%}  (noise {noise:.1%})  {verdict}".rstrip())
    for name in sorted(old.keys() ^ new.keys()):
        print(f"{name:{width}}  only in {old_path if name in old else new_path}")
    print(f"{slower} slower" if slower else "nothing is slower")
    return 1 if slower else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: compare.py OLD.json NEW.json")
    sys.exit(main(*sys.argv[1:]))
