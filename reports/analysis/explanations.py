"""What a note means and what to do about it, in a sentence.

Notes on what bends a cell's numbers beside time: the loop, the GIL, too few tasks in flight.

What bends a cell's numbers, in a word beside them and in a sentence below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from string import ascii_lowercase
from typing import TYPE_CHECKING

from .. import numbers
from ..run.probes import Concurrency, Probed
from ..run.samples import Process
from ..run.schema import Planned
from ..run.stored import Stored
from . import limit

if TYPE_CHECKING:
    from .cells import Row


_SENTENCES = (
    (
        r"blocks the loop",
        "the workload has no async form, or none is used: each task blocks the loop it runs in",
    ),
    (
        r"blocks the loop: (.+)",
        r"for up to \1 nothing else could run in the event loop: "
        "leave what computes or blocks to threads or processes",
    ),
    (
        r"own loop per lane",
        "the workload is async only, so each thread or process runs an event loop of its own",
    ),
    (
        r"blocking calls in coroutines",
        "the mistake that this strategy is there to show: await asyncio.to_thread(call), or take a "
        "library that has an async form",
    ),
    (
        r"opens lanes within the batch",
        "no lane outlives a few tasks, so what open() takes is a part of the batch time",
    ),
    (
        r"own GIL per lane",
        "each lane is in an interpreter of its own, and they compute at the same time",
    ),
    (
        r"all in one thread",
        "its lanes take turns where one waits: a task that computes holds all the others up",
    ),
    (
        r"(\S+) in flight, not (\S+)",
        r"it has \1 tasks on their way at the same time, whatever `workers` says",
    ),
    (
        r"sampled (\S+) of (\S+)",
        r"\1 of its \2 tasks were measured, and the times scaled to all of them",
    ),
    (
        r"beyond the limit",
        "its whole interval is more than 3 % beyond the least time possible: an error of measuring",
    ),
    (
        r"client .+, not .+",
        "clients are compared here, too",
    ),
    (r"one round", "that gives no interval, and no place in the ranks"),
    (r"failed (\d+) times?", "that many of its worker processes gave no measurement"),
    (
        r"GIL on: threads cannot help",
        "its tasks compute, and one thread at a time does: use processes or a free-threaded Python",
    ),
    (
        r"an import turned the GIL on",
        "this Python can do without: look for an extension that does not declare its support",
    ),
    (
        r"achieved \S+ of \S+: only \S+ tasks?",
        "fewer than it has workers: ask for more tasks to see what all its workers can do",
    ),
    (
        r"achieved \S+ of \S+: \S+ lanes ran tasks",
        "its pool has no more lanes, or tasks so short that the others found nothing left: give it "
        "as many as it has workers, or longer tasks",
    ),
    (
        r"achieved \S+ of \S+: \S+ at a time, says the workload",
        "more workers only wait: raise the workload's own bound (connections, a pool), or ask for "
        "fewer workers",
    ),
    (
        r"achieved \S+ of \S+: each blocks the loop",
        "a task that blocks the loop runs alone: leave it to threads or processes",
    ),
    (
        r"achieved \S+ of (\S+)",
        r"so many tasks were in flight on average, not \1: tasks end before others are started, or "
        "wait for what only a few can have",
    ),
    (
        r"left behind: .+",
        "there after it was closed: what open() starts must end when it is closed",
    ),
    (
        r"low CPU in \S+ of \S+ rounds?",
        "something else took CPUs then: measure again when the machine is quiet",
    ),
)


def of(note: str) -> str:
    """The sentence of a note; "" of an unknown one, such as a plug-in's own."""
    for pattern, sentence in _SENTENCES:
        if match := re.fullmatch(pattern, note, re.DOTALL):
            return match.expand(sentence)
    return ""


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


def symptoms(row: Row, cell: Planned, block: Block) -> list[str]:
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
        yield f"{BLOCKS}: {numbers.duration(late)}"
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


BEYOND = 1.03


@dataclass(frozen=True)
class Note:
    """A mark to put beside a cell, what it stands for, and what that means ("" if unknown)."""

    mark: str
    note: str
    sentence: str


def noted(rows: Sequence[Row], stored: Stored) -> list[Row]:
    """The rows of a block, with the notes that follow from their numbers."""
    cells = {cell.id: cell for cell in stored.run.cells}
    failures = [failure.cell for failure in stored.run.failures]
    client = next((row.client for row in rows if row.reference and row.client), "")
    client = client or next((row.client for row in rows if row.client), "")
    block = Block(rows, stored)
    others = max(row.rounds for row in rows)
    found = []
    for row in rows:
        if row.batch_seconds is not None:
            told = [
                *symptoms(row, cells[row.id], block),
                *_of_plan(row, cells[row.id], client),
            ]
            told += _beyond(row)
            if row.rounds == 1 < others:  # of all of them the verdict says it
                told.append("one round")
            if failed := failures.count(row.id):
                told.append(f"failed {failed} time{'s' if failed > 1 else ''}")
            row = replace(row, notes=tuple(told))
        found.append(row)
    return found


def beyond(row: Row, seconds: float | None) -> bool:
    """Whether the whole interval of a row is beyond this limit: no strategy can do that."""
    return bool(seconds and row.batch_high and seconds > BEYOND * row.batch_high)


def _of_plan(row: Row, cell: Planned, client: str) -> list[str]:
    found = []
    if cell.measured_tasks is not None and cell.measured_tasks < cell.tasks:
        found.append(f"sampled {cell.measured_tasks:,} of {cell.tasks:,}")
    if row.client and row.client != client:
        found.append(f"client {row.client}, not {client}")
    return found


def _beyond(row: Row) -> list[str]:
    return ["beyond the limit"] if beyond(row, row.limit_seconds) else []


def explained(rows: Sequence[Row]) -> list[Note]:
    """The notes of a block in the order of its rows, lettered from `a`."""
    known = dict.fromkeys(note for row in rows for note in row.notes)
    return [Note(_mark(place), note, of(note)) for place, note in enumerate(known)]


def marks(row: Row, notes: Sequence[Note]) -> str:
    """The letters of one row: `a c`."""
    return " ".join(note.mark for note in notes if note.note in row.notes)


def _mark(place: int) -> str:
    letters = len(ascii_lowercase)
    return ascii_lowercase[place] if place < letters else str(place + 1 - letters)
