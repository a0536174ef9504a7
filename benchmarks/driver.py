"""What a whole run costs besides the work that it measures."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import shuffle
from statistics import median

from figures import Figure
from pairs import EMPTY

from concbench.driver.lab import Lab, laboratory
from concbench.driver.rounds import Visit
from concbench.plan.cells import PlannedCell
from concbench.plan.plugins import find
from concbench.processes.outputs import Failed
from concbench.processes.variables import environment
from concbench.reports import read
from concbench.reports.run.stored import Stored
from concbench.reports.stats.intervals import Interval, ratio
from concbench.spec import Cell

# The command itself, its CPU read when the report begins: every child has been reaped by then.
RUN = """
import json, resource, sys
from concbench import reports
read = reports.read
def report(folder):
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    with open("usage.json", "w") as file:
        json.dump([one.ru_utime + one.ru_stime for one in both], file)
    return read(folder)
reports.read = report
from concbench.cli import main
main()
"""


@dataclass(frozen=True)
class Run:
    """A run of the default matrix, and the CPU seconds of its driver and of all the rest."""

    stored: Stored
    own: float
    others: float


def run(folder: Path, budget: float) -> Run:
    """Measure the default matrix in a folder, for so many seconds."""
    command = [sys.executable, "-P", "-c", RUN, "run", f"--budget={budget:g}s", "--quiet"]
    done = subprocess.run(command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL)
    usage = folder / "usage.json"
    if not usage.exists():
        raise SystemExit(f"the run gave nothing (exit code {done.returncode})")
    own, others = json.loads(usage.read_text())
    return Run(read(folder / ".concbench" / "latest"), own, others)


def whole_run(done: Run, budget: float) -> Iterator[Figure]:
    share = 100 * done.own / (done.own + done.others)
    beside = f"{done.own:.2f} s of {done.own + done.others:.1f} s"
    yield Figure("driver's share of the CPU of a run", share, "%", 2, beside=beside)
    counts = [len(done.stored.of(cell.id)) for cell in done.stored.run.cells]
    beside = f"{len(counts)} cells, at most {max(counts)}"
    what = f"rounds of every cell in {budget:g} s"
    least = 5 * budget / 60
    yield Figure(what, min(counts), "rounds", least, at_least=True, beside=beside)


def worker(folder: Path, processes: int) -> Figure:
    """A worker's CPU under sequential with an empty batch, beside an interpreter with pyperf."""
    cell = Cell(EMPTY, find("strategies", "sequential"), 16)
    planned = PlannedCell(0, cell, 1, 0, True, "")
    visit = Visit(planned, round=0, position=0, loops=1, tasks=16, head=0, timeout=60)
    with laboratory(folder, (planned,)) as lab:
        seen = in_turn(
            processes,
            lambda: cpu(lambda: _measured(lab, visit)),
            lambda: cpu(lambda: _python("import pyperf")),
        )
    own, pyperf = (1000 * median(one) for one in seen)
    beside = f"python -c 'import pyperf': {pyperf:.1f} ms"
    return Figure("a worker's fixed cost", own, "ms of CPU", 80, beside=beside)


def _measured(lab: Lab, visit: Visit) -> None:
    outcome = lab.measure(visit)
    if isinstance(outcome, Failed):
        raise SystemExit(outcome.message)


def answering(processes: int) -> Figure:
    """`concbench --help` beside `python -c "import typer"`."""
    script = (
        "import sys; sys.argv = ['concbench', '--help']; from concbench.cli import main; main()"
    )
    help_, typer = in_turn(
        processes,
        lambda: seconds(lambda: _python(script)),
        lambda: seconds(lambda: _python("import typer")),
    )
    found = ratio(dict(enumerate(help_)), dict(enumerate(typer))) or Interval(0.0)
    beside = f"{1000 * median(help_):.0f} ms beside {1000 * median(typer):.0f} ms"
    what = "concbench --help beside import typer"
    return Figure(what, found.estimate, "x", 3, low=found.low, high=found.high, beside=beside)


def in_turn(count: int, *measures: Callable[[], float]) -> list[list[float]]:
    """What each gave, in rounds of random order; the first round warms the file cache."""
    seen: list[list[float]] = [[] for _ in measures]
    for number in range(count + 1):
        order = list(range(len(measures)))
        shuffle(order)
        for place in order:
            value = measures[place]()
            if number:
                seen[place].append(value)
    return seen


def _python(code: str) -> None:
    command: Sequence[str] = [sys.executable, "-P", "-c", code]
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=True)


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of the processes that it starts and waits for."""

    def of_children() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = of_children()
    work()
    return of_children() - before


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
