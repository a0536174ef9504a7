"""How narrow the intervals of a default run are, beside those of an earlier revision.

Both measure the default matrix in turn, each for the same seconds in the same hour: on this machine
as it is, beside a neighbour that takes its CPUs for half seconds, and under a load of busy loops.
`--same` asks instead how often a strategy is told from itself.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from tempfile import TemporaryDirectory
from typing import Any

from figures import Figure, share, show, show_rows
from neighbours import beside

ROOT = Path(__file__).parents[1]
LIMITS = {"calm": 0.8, "neighbour": 0.5, "load": 0.7}
"""Half widths, as multiples of those of the earlier revision."""
WIDTHS = """
import json, math, sys
from concbench.reports.analysis import cells
from concbench.reports.run.stored import read
stored = read(sys.argv[1])
rows = cells.rows(stored)
known = [one for one in rows if one.speedup_low and not one.reference]
json.dump({
    "told_apart": [
        one.workload for one in rows if one.standing and one.standing.slower_than
    ],
    "rounds": max((one.rounds for one in known), default=0),
    "cpus": min(stored.run.delivered, default=0.0),
    "cells": {
        f"{one.workload} / {one.strategy}": [one.speedup, one.speedup_low, one.speedup_high]
        for one in known
    },
}, sys.stdout)
"""
Widths = Mapping[str, Any]
SECONDS, SAME_SECONDS = 60.0, 15.0
"""Of a run, and of a block that measures one strategy twice."""
NEIGHBOURS = {"calm": 0, "neighbour": 2, "load": 4}


def installed(revision: str | None, folder: Path) -> Path:
    """The interpreter of an environment with that revision of this repository, or with the tree."""
    tree = ROOT
    if revision:
        tree = folder / "tree"
        tree.mkdir(parents=True)
        archive = subprocess.run(
            ["git", "-C", str(ROOT), "archive", revision], check=True, capture_output=True
        )
        subprocess.run(["tar", "-x", "-C", str(tree)], input=archive.stdout, check=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", str(tree)], check=True)
    return python


def measured(python: Path, folder: Path, budget: float, *more: str) -> Widths:
    """The intervals of one run."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-P", "-c", "from concbench.cli import main; main()", "run", "--quiet"]
    options = ["--probe", "none", "--budget", f"{budget:g}s", *more]
    done = subprocess.run([*command, *options], cwd=folder, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SystemExit(f"a run ended with exit code {done.returncode}")
    read = [str(python), "-P", "-c", WIDTHS, str(folder / ".concbench" / "latest")]
    return dict(json.loads(subprocess.run(read, check=True, capture_output=True).stdout))


def half_width(interval: Sequence[float]) -> float:
    _, low, high = interval
    return math.log(high / low) / 2


def duel(noise: str, pythons: Mapping[str, Path], folder: Path, times: int, budget: float) -> None:
    """Run both in turn and print every interval, and how they compare."""
    pairs: list[dict[str, Widths]] = []
    with beside(NEIGHBOURS[noise], pauses=noise == "neighbour"):
        for number in range(times):
            names = list(pythons) if number % 2 else list(pythons)[::-1]
            pairs.append(
                {name: measured(pythons[name], folder / noise / name, budget) for name in names}
            )
            told = {name: (one["rounds"], round(one["cpus"], 2)) for name, one in pairs[-1].items()}
            print(f"{noise}, pair {number + 1}: rounds and least CPUs delivered {told}", flush=True)
    before, now = pythons
    logs, rows = [], []
    for cell in sorted(pairs[0][now]["cells"]):
        known = [one for one in pairs if all(cell in side["cells"] for side in one.values())]
        ratios = [
            math.log(half_width(one[now]["cells"][cell]) / half_width(one[before]["cells"][cell]))
            for one in known
        ]
        shown = [
            " ".join(f"{one[side]['cells'][cell][0]:.2f}" for one in known) for side in pythons
        ]
        rows.append((cell, *shown, f"{math.exp(fmean(ratios)):.2f}"))
        logs.append(ratios)
    show_rows(
        f"speed-ups beside each other, {noise}",
        ("cell", before, now, "half width, new : old"),
        rows,
    )
    each = [fmean(one) for one in zip(*logs, strict=True)]
    half = 2 * stdev(each) / math.sqrt(len(each)) if len(each) > 1 else math.nan
    ratio, low, high = (math.exp(fmean(each) + sign * half) for sign in (0, -1, 1))
    what = f"half width by {before}'s, geometric mean, {noise}"
    show(noise, [Figure(what, ratio, "times", LIMITS[noise], low=low, high=high)])


TOGETHER = ("io_sleep", "cpu_sum")
"""Workloads of a run that measures one strategy twice; each is a block."""


def same(python: Path, folder: Path, blocks: int, budget: float) -> None:
    """Measure one strategy under two names, and count how often they are told apart.

    The budget is in seconds for a block.
    """
    (folder / "twice.py").write_text(
        "from concbench.strategies.threading import Threading\nclass Again(Threading):\n    pass\n"
    )
    workloads = [word for name in TOGETHER for word in ("-w", name)]
    strategies = ("-s", "threading", "-s", "twice.py:Again", "--reference", "threading")
    apart, held = list[bool](), list[bool]()
    while len(apart) < blocks:
        found = measured(python, folder, budget * len(TOGETHER), *workloads, *strategies)
        for name, (ratio, low, high) in found["cells"].items():
            apart.append(name.partition(" / ")[0] in found["told_apart"])
            held.append(low <= 1 <= high)
            cpus = f"{found['rounds']} rounds, at least {found['cpus']:.2f} CPUs delivered"
            print(f"{len(apart)}: {name} {ratio:.3f} [{low:.3f}, {high:.3f}], {cpus}", flush=True)
        if not found["cells"]:
            raise SystemExit(f"{budget:g} s are too few for an interval")
    different, covered = share(apart), share(held)
    what = "intervals of 95 % that hold 1"
    figures = [
        Figure("told apart", different[0], "%", 5, False, *different[1:]),
        Figure(what, covered[0], "%", 93, True, *covered[1:]),
        Figure(what, covered[0], "%", 98, False, *covered[1:]),
    ]
    show(f"one strategy under two names, {len(apart)} blocks of {budget:g} s", figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", default="HEAD~1", help="the earlier revision")
    parser.add_argument("--noise", action="append", choices=LIMITS, help="all unless given")
    parser.add_argument("--times", type=int, default=6)
    parser.add_argument("--budget", type=float, help="seconds of each run, or of a block of --same")
    parser.add_argument("--same", type=int, default=0, help="blocks of one strategy twice, instead")
    given = parser.parse_args()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        now = installed(None, folder / "now")
        if given.same:
            same(now, folder, given.same, given.budget or SAME_SECONDS)
            return
        pythons = {given.against: installed(given.against, folder / "before"), "now": now}
        for noise in given.noise or LIMITS:
            duel(noise, pythons, folder, given.times, given.budget or SECONDS)


if __name__ == "__main__":
    main()
