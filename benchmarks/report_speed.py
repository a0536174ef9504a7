"""What reports cost: the figures that are promised, each with its limit, measured here.

The unit is `python -c "import pandas, matplotlib.pyplot"`, timed in turn with the rest.  A
benchmark measures, a test decides: the exit code is 0 whether they are met or not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from driver import in_turn, seconds
from figures import Figure, show, show_rows
from madeup import Size, write

from concbench.processes.variables import environment
from concbench.reports.stats.intervals import Interval, ratio

COMMAND = Path(sys.executable).with_name("concbench")
UNIT = (sys.executable, "-c", "import pandas, matplotlib.pyplot")
USUAL = Size(cells=18, together=6, rounds=12, values=1)
GROWING = tuple(Size(cells, together=10, rounds=30, values=3) for cells in (50, 100, 200))
LINEAR = 1.25
"""Times what the smallest costs per cell: beyond it growth is more than caches missed."""
MEGABYTE = 1e6

# Both from what is stored, in a process that has imported what it needs.
FRAMES = """
import sys, time
import pandas
from concbench import reports
import concbench.reports.analysis.frames as frames
began = time.perf_counter()
stored = reports.read(sys.argv[1])
for frame in (frames.values, frames.processes, frames.cells, frames.metrics, frames.differences):
    frame(stored)
print(time.perf_counter() - began)
"""
LOADED = """
import sys
from concbench.cli import app
if code := app(sys.argv[1:], standalone_mode=False):
    sys.exit(code)
print(sum(name.partition(".")[0] == "matplotlib" for name in sys.modules), file=sys.stderr)
"""
# A process counts what the one that started it had until then: this one has next to nothing.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def usual(folder: Path, rounds: int) -> None:
    """The page of a run as `nox -s bench` stores it, from the shell."""
    run = write(folder / "usual", USUAL)
    command = (COMMAND, "report", run, "-o", folder / "usual.html")
    unit, whole = in_turn(rounds, _unit, partial(_shell, *command))
    figures = [
        _times("page from the shell", whole, unit, 8),
        Figure("its peak memory", _peak(*command), "MB", 300),
    ]
    size = (folder / "usual.html").stat().st_size / MEGABYTE
    figures.append(Figure("its size", size, "MB", 2))
    show(f"{USUAL.cells} cells x {USUAL.rounds} rounds", [*figures, *_spared(run)])


def _spared(run: Path) -> Iterator[Figure]:
    for words in (("show",), ("export", "--to", "csv")):
        count = int(_python(LOADED, words[0], run, *words[1:]).stderr.split()[-1])
        yield Figure(f"modules of matplotlib in `{' '.join(words)}`", count, "modules", 0)


def growing(folder: Path, rounds: int) -> None:
    """Frames and page at 50, 100 and 200 cells; each page in a process of its own."""
    runs = [write(folder / f"{size.cells}-cells", size) for size in GROWING]
    unit, *rest = in_turn(
        rounds,
        _unit,
        *(partial(_frames, run) for run in runs),
        *(partial(_shell, COMMAND, "report", run, "-o", f"{run}.html") for run in runs),
    )
    frames, pages = rest[: len(runs)], rest[len(runs) :]
    largest = GROWING[-1]
    figures = [_times("frames", frames[-1], unit, 1), _times("page", pages[-1], unit, 30)]
    values = largest.runs * largest.values
    show(f"{largest.cells} cells x {largest.rounds} rounds, {values:,} values", figures)
    for what, seen in (("frames", frames), ("page", pages)):
        _growth(what, seen)


def _growth(what: str, seen: Sequence[Sequence[float]]) -> None:
    rows = []
    for size, times in zip(GROWING, seen, strict=True):
        found = _ratio(times, seen[0])
        scale = GROWING[0].cells / size.cells
        of_linear = found.estimate * scale
        missed = of_linear - LINEAR
        verdict = f"<= {LINEAR}x: " + (f"missed by {missed:.2f}x" if missed > 0 else "met")
        told = (f"{median(times):.2f}", f"{1000 * median(times) / size.cells:.1f}")
        rows.append((f"{size.cells}", *told, f"{of_linear:.2f}x", verdict))
    show_rows(f"{what} as a run grows", ("cells", "s", "ms/cell", "of linear", "verdict"), rows)


def _times(what: str, times: Sequence[float], unit: Sequence[float], limit: float) -> Figure:
    found = _ratio(times, unit)
    beside = f"{median(times):.2f} s beside {median(unit):.2f} s"
    return Figure(what, found.estimate, "x", limit, False, found.low, found.high, beside)


def _ratio(times: Sequence[float], unit: Sequence[float]) -> Interval:
    return ratio(dict(enumerate(times)), dict(enumerate(unit))) or Interval(0.0)


def _unit() -> float:
    return _shell(*UNIT)


def _shell(*command: object) -> float:
    words = [str(word) for word in command]
    told = subprocess.DEVNULL
    return seconds(lambda: subprocess.run(words, env=environment(), stdout=told, check=True))


def _peak(*command: object) -> float:
    """The most memory of a command, in MB."""
    return int(_python(PEAK, *command).stdout.split()[-1]) * 1024 / MEGABYTE


def _frames(run: Path) -> float:
    return float(_python(FRAMES, run).stdout)


def _python(code: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", code, *(str(word) for word in words)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, wider intervals")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        usual(Path(name), 5 if given.quick else 11)
        growing(Path(name), 2 if given.quick else 5)


if __name__ == "__main__":
    main()
