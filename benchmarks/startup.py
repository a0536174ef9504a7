"""What it takes to start a pool of children, by start method, with and without preloaded imports.

Each measurement is a fresh interpreter that opens `multiprocessing` and closes it; the ways to
start take turns, so that what else the machine does meets all of them.  Run by the interpreter that
is meant, it prints the table of the README.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from statistics import median

from concbench.processes.children import interpreter_command

WORKERS, TURNS = 16, 5
WORKLOADS = {
    "io_sleep": "concbench.workloads.io_sleep:IoSleep",
    "http_get": "concbench.workloads.http_get:HttpGet",
}
WAYS: Mapping[str, dict[str, object]] = {
    "`fork`": {"start": "fork"},
    "`forkserver`": {"start": "forkserver"},
    "`forkserver`, `preload=false`": {"start": "forkserver", "preload": False},
    "`spawn`": {"start": "spawn"},
}
OPEN = """
import json, resource, sys, time
from concbench.lanes import Lanes
from concbench.lanes.report import child_startup
from concbench.spec import Spec
target, params = json.loads(sys.argv[1])
began = time.perf_counter()
lanes = Lanes(Spec("work", target))
name = "concbench.strategies.multiprocessing:Multiprocessing"
with Spec("multiprocessing", name, params).build().open(lanes):
    seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "child": child_startup(lanes.reports)}))
"""


def opened(target: str, params: Mapping[str, object]) -> dict[str, float]:
    """Seconds until all lanes are open, and those of CPU that a child takes."""
    question = json.dumps([target, {"workers": WORKERS, **params}])
    command = [*interpreter_command(OPEN), question]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def main() -> None:
    """Print the table."""
    turns: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(TURNS):
        for workload, target in WORKLOADS.items():
            for way, params in WAYS.items():
                turns.setdefault((way, workload), []).append(opened(target, params))
    print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.0f}\n"
    )
    print("| start |" + "".join(f" {one} | a child's CPU |" for one in WORKLOADS))
    print("|---|" + "--:|" * 2 * len(WORKLOADS))
    for way in WAYS:
        row = f"| {way} |"
        for workload in WORKLOADS:
            known = turns[way, workload]
            seconds = median(one["seconds"] for one in known)
            child = median(one["child"] for one in known)
            row += f" {seconds:.2f} s | {1000 * child:.0f} ms |"
        print(row)


if __name__ == "__main__":
    main()
