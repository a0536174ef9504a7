"""Notes on what bends a cell's numbers beside time: the loop, the GIL, too few tasks in flight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from . import limit, text
from .facts import Planned
from .probed import Concurrency, Probed
from .stored import Process, Stored

if TYPE_CHECKING:
    from .cells import Row  # whose module imports notes

BLOCKS = "blocks the loop"
NOT_OF_THE_GIL = (BLOCKS, "own GIL per lane", "all in one thread")
"""What is said of lanes that no GIL holds up, or not it alone."""
LATE_SECONDS = 0.05
"""A loop that stood still for so long was blocked: a busy machine makes it late by some ms."""
COMPUTES = 0.8
"""Of its time; a reference that computes less has waiting that threads can share."""
HELPS = 1.1
"""Times the reference: less is none of a second CPU."""
SECOND_CPU = 1.25
"""CPUs delivered; with fewer, no strategy gains by computing, and the GIL is not to blame."""
ACHIEVED = 0.9
"""Of the workers."""
_LEFT = 3


@dataclass(frozen=True)
class Block:
    """The rows of a block, and the run they are of."""

    rows: Sequence[Row]
    stored: Stored

    def computes(self) -> bool:
        """Whether the reference, a task at a time, spends its time on computing."""
        reference = next((row for row in self.rows if row.reference), None)
        if reference is None or reference.workers > 1:
            return False
        ran = self.stored.of(reference.id)
        shares = [one.own_cpu_seconds / one.seconds for one in ran if one.in_process]
        return bool(shares) and median(shares) >= COMPUTES


def noted(row: Row, cell: Planned, block: Block) -> list[str]:
    """The notes of a measured row: those that it has, the first put more exactly, and new ones."""
    processes, probe = block.stored.of(row.id), block.stored.probes.get(row.id, Probed())
    return [
        *_loop(row, probe),
        *_gil(row, block, processes),
        *_in_flight(row, cell),
        *_achieved(row, cell, probe),
        *_left(probe),
        *_low(block.stored, processes),
    ]


def _loop(row: Row, probe: Probed) -> Iterator[str]:
    late = probe.lag.max if probe.lag else None
    blocked = BLOCKS in row.notes or (row.form == "async" and (late or 0.0) >= LATE_SECONDS)
    if blocked and late is not None:
        yield f"{BLOCKS}: {text.duration(late)}"
    yield from (note for note in row.notes if note != BLOCKS or late is None)


def _gil(row: Row, block: Block, processes: Sequence[Process]) -> Iterator[str]:
    told = None if _elsewhere(row, block.stored) else block.stored.run.environment.get("gil")
    known = [process.gil for process in processes if process.gil is not None]
    if told is False and any(known):
        yield "an import turned the GIL on"
    on = any(known) if known else told is True
    in_threads = all(process.in_process for process in processes) and row.form == "blocking"
    if row.reference or row.workers == 1 or not on or not in_threads:
        return
    if any(note in row.notes for note in NOT_OF_THE_GIL):
        return
    useless = row.speedup_high is not None and row.speedup_high <= HELPS
    if useless and block.computes() and limit.delivered(block.stored) >= SECOND_CPU:
        yield "GIL on: threads cannot help"


def _in_flight(row: Row, cell: Planned) -> Iterator[str]:
    asked = row.strategy_params.get("workers")
    if isinstance(asked, int) and asked != cell.workers:
        yield f"{cell.workers:,} in flight, not {asked:,}"


def _elsewhere(row: Row, stored: Stored) -> bool:
    """Whether it ran in another interpreter than the run's own."""
    names = (side.name for side in stored.run.sides if side.title == row.side)
    return any(name.startswith("python:") for name in names)


def _achieved(row: Row, cell: Planned, probe: Probed) -> Iterator[str]:
    seen, workers = probe.concurrency, cell.workers
    if seen is None or workers == 1 or cell.reference:
        return
    tasks = probe.tasks or cell.measured_tasks or cell.tasks
    if tasks < workers <= cell.tasks:
        return  # a sample for the probe cannot tell what all of them do
    # Few tasks are never all in flight for long: the last starts when the first is nearly done.
    achieved = seen.most if tasks < 2 * workers else seen.mean
    if achieved < ACHIEVED * workers:
        cause = _cause(tasks, workers, seen, BLOCKS in row.notes)
        yield f"achieved {_tasks(achieved)} of {workers:,}{cause}"


def _cause(tasks: int, workers: int, seen: Concurrency, blocked: bool) -> str:
    """The tightest of what is known to bound the tasks in flight."""
    bounds = [(tasks, f": only {tasks:,} task{'' if tasks == 1 else 's'}")]
    if blocked:
        bounds.append((1, ": each blocks the loop"))
    if seen.declared is not None:
        bounds.append((seen.declared, f": {seen.declared:,} at a time, says the workload"))
    if seen.lanes > 1:  # an event loop is one lane, and runs as many as it likes
        bounds.append((seen.lanes, f": {seen.lanes:,} lanes ran tasks"))
    least, said = min(bounds, key=lambda bound: bound[0])
    return said if least < workers else ""


def _tasks(mean: float) -> str:
    near = round(mean)
    return f"{near:,}" if near >= 10 or abs(mean - near) < 0.05 else f"{mean:.1f}"


def _left(probe: Probed) -> Iterator[str]:
    if probe.left:
        more = len(probe.left) - _LEFT
        said = "; ".join(probe.left[:_LEFT])
        yield f"left behind: {said}{f'; and {more:,} more' if more > 0 else ''}"


def _low(stored: Stored, processes: Sequence[Process]) -> Iterator[str]:
    rounds = {process.round for process in processes}
    low = sum(stored.run.counted[number].low for number in rounds & stored.run.counted.keys())
    if low:
        yield f"low CPU in {low:,} of {len(rounds):,} round{'' if len(rounds) == 1 else 's'}"
