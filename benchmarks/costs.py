"""What workers of the present tree cost a timed pass, beside those of another revision.

Both are true workers with their lanes open, and take turns: one waits while the other has a batch
under its clock.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

from driver import cpu, in_turn
from figures import Figure
from pairs import Compared, Pair, compared

from concbench import engine
from concbench.machine.identity import affinity
from concbench.processes.children import interpreter_command
from concbench.processes.variables import environment
from concbench.spec import Spec

ROOT = Path(__file__).parents[1]
LEAST = 3
"""Turns of each, however long their batches take."""
BARE = "056e50a"
"""The last revision whose workers read nothing but their own CPU time."""


PLAIN = "from concbench.worker import main; main()"
# One that has just slept would run ahead of its children; a value follows upon imports.
WORKER = """
import sys, time
from concbench import worker
print(worker.__file__, flush=True)
timed = worker.Watcher.__call__
def in_turn(self, loops):
    if not sys.stdin.readline():
        raise SystemExit
    busy = time.perf_counter() + 0.005
    while time.perf_counter() < busy:
        pass
    seconds = timed(self, loops)
    print(seconds, flush=True)
    return seconds
worker.Watcher.__call__ = in_turn
worker.main()
"""


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """The revision's tree, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name, "tree")
        _git("worktree", "add", "--detach", str(tree), revision)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*words: str) -> None:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr.strip())


Turns = tuple[list[float], list[float]]
"""Seconds of batches there and here, one of each in every turn."""


def beside(
    tree: Path, pairs: Sequence[Pair], processes: int, seconds: float
) -> Iterator[tuple[Pair, Compared, float]]:
    """Each with what a batch takes here, and the fastest of all here over the fastest there.

    So many processes of both for each pair, in rounds of random order, each for some seconds.
    """
    seen: dict[Pair, list[Turns]] = {pair: [] for pair in pairs}
    chance = Random()
    for _ in range(processes):
        for pair in chance.sample(pairs, len(pairs)):
            seen[pair].append(_in_turn([tree, ROOT], pair, seconds, chance))
    for pair, turns in seen.items():
        there, here = ([value for turn in turns for value in turn[side]] for side in (0, 1))
        yield pair, compared([_typical(*turn) for turn in turns]), min(here) / min(there)


def _typical(there: list[float], here: list[float]) -> tuple[float, float]:
    """Of a batch there, and here by the median of what it was more."""
    first = median(there)
    return first, first * median(new / old for old, new in zip(there, here, strict=True))


def _in_turn(trees: Sequence[Path], pair: Pair, seconds: float, chance: Random) -> Turns:
    with ExitStack() as stack:
        workers = [stack.enter_context(_worker(tree, pair)) for tree in trees]
        took: Turns = ([], [])
        end = time.perf_counter() + seconds
        while len(took[0]) < LEAST or time.perf_counter() < end:
            for place in chance.sample((0, 1), 2):
                took[place].append(_turn(workers[place]))
    return took


def fixed(tree: Path, processes: int) -> Figure:
    """The CPU of a whole worker with an empty batch, as one of that tree and as one of this."""
    empty = Pair("empty", "sequential", 16, 1)
    there, here = (
        [1000 * value for value in seen]
        for seen in in_turn(processes, *(partial(_whole, one, empty) for one in (tree, ROOT)))
    )
    beside = f"{median(there):.1f} ms there; the least {min(here):.1f}, {min(there):.1f} there"
    return Figure("a worker's fixed cost", median(here), "ms of CPU", 80, beside=beside)


def _whole(tree: Path, pair: Pair) -> float:
    def work() -> None:
        with _started(tree, pair, PLAIN, 1) as process:
            process.communicate()
        assert process.returncode == 0

    return cpu(work)


@contextmanager
def _worker(tree: Path, pair: Pair) -> Iterator[subprocess.Popen[str]]:
    # It is sent home long before it has given so many values.
    with _started(tree, pair, WORKER, 1_000_000) as process:
        assert process.stdout is not None
        place = Path(process.stdout.readline()).parents[1]
        assert place == tree, f"{place} and not {tree} is measured"
        yield process


@contextmanager
def _started(tree: Path, pair: Pair, code: str, values: int) -> Iterator[subprocess.Popen[str]]:
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder, "job.json")
        job.write_text(json.dumps(_job(pair)), encoding="utf-8")
        options = engine.arguments(1, values, affinity())
        with subprocess.Popen(
            [*interpreter_command(code), str(job), *options],
            env=environment({"PYTHONPATH": str(tree)}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield process


def _job(pair: Pair) -> dict[str, object]:
    asked = {
        "run": "concbench.worker.measuring:measure",
        "name": "costs",
        "measured_tasks": pair.tasks,
        "head": pair.tasks,
    }
    specs = {"workload": pair.workload_spec, "strategy": pair.strategy_spec}
    return {**asked, "metadata": {}, **{key: _plain(spec) for key, spec in specs.items()}}


def _plain(spec: Spec) -> dict[str, object]:
    """Without what is empty: fields that an older revision does not know."""
    return {key: value for key, value in vars(spec).items() if value}


def _turn(process: subprocess.Popen[str]) -> float:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())
