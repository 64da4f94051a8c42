#!/usr/bin/env python3
"""The patterns of the workload `grep` by ripgrep over the raw JSONL: CORPUS PATTERNS.tsv; best of three runs each."""

import json
import subprocess
import sys
import time


def best(command):
    times = []
    for _ in range(3):
        start = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        times.append((time.monotonic() - start) * 1000)
    return min(times)


def main():
    corpus, patterns = sys.argv[1:3]
    found = {}
    with open(patterns, encoding="utf-8") as file:
        for line in file:
            name, mode, pattern = line.rstrip("\n").split("\t")
            # In JSONL a line of a content does not begin with a line of the file.
            flags = ["-F"] if mode == "F" else []
            found.setdefault(name, []).append(best(["rg", "-c", *flags, "-e", pattern, corpus]))
    figures = {}
    for name, times in found.items():
        times.sort()
        if len(times) > 1:
            figures[name + ".p50"] = round(times[len(times) // 2], 1)
            figures[name + ".p95"] = round(times[int(len(times) * 0.95) - 1], 1)
        else:
            figures[name] = round(times[0], 1)
    print(json.dumps(figures, indent=1))


main()
