"""What holds a cell back or spoils its numbers: notes that follow from its plan and its probes.

Beside a cell stands a letter; below the table a few words and a sentence explain it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from statistics import median
from string import ascii_lowercase
from typing import TYPE_CHECKING

from ..codes import coded
from ..run.notes import FIGURES, Note
from ..run.probes import Concurrency, Probed
from ..run.schema import Planned
from ..run.stored import Process, Stored

if TYPE_CHECKING:
    from .cells import Row


BLOCKS = Note("blocks-loop")
NOT_OF_THE_GIL = ("blocks-loop", "own-gil-per-lane", "one-thread")
"""Codes of lanes that the GIL does not hold up, or not it alone."""
LATE_SECONDS = 0.05
"""A loop that is this late was blocked: a busy machine makes it late by a few ms."""
COMPUTES = 0.8
"""Of its time; a reference that computes less has waiting that threads can share."""
HELPS = 1.1
"""Times the reference: less is none of a second CPU."""
SECOND_CPU = 1.25
"""CPUs delivered; with fewer, no strategy gains by computing, and the GIL is not to blame."""
SHORT_SECONDS = 0.0001
"""A task in turn; handing one to a thread takes 7 us of CPU, to a process 60 to 90."""
SEVERAL_CPUS = 1.2
"""Of CPU for each second of the reference, which runs one task at a time."""
WAITS = 0.5
"""Of its time; a coroutine that computes for longer is no mystery."""
ACHIEVED = 0.9
"""Of the workers."""
BEYOND = 1.03
_LEFT = 3


@dataclass(frozen=True)
class Footnote:
    """What stands below a table: a letter, the words that it stands for, their meaning, its code.

    Where it stands for `several` notes of its code, their numbers are in the cells.  A plug-in's
    own words have no code that could be explained.
    """

    mark: str
    text: str
    sentence: str
    code: str = ""
    several: bool = False

    @property
    def full(self) -> str:
        """`blocks the event loop: no async form is used ... [blocks-loop]`, or the words alone."""
        said = f"{self.text}: {self.sentence}" if self.sentence else self.text
        return coded(self.code, said) if self.code else said


@dataclass(frozen=True)
class _Peers:
    """The rows of a block and their run."""

    rows: Sequence[Row]
    stored: Stored

    @cached_property
    def rounds(self) -> int:
        """The most that any of them has."""
        return max(row.rounds for row in self.rows)

    @cached_property
    def client(self) -> str:
        """The library that the reference uses, or the first that any cell does."""
        known = [row.client for row in self.rows if row.reference]
        return next(filter(None, [*known, *(row.client for row in self.rows)]), "")

    @cached_property
    def task_seconds(self) -> float:
        """What a task takes the reference, in turn; 0 where that is not known."""
        reference = next((row for row in self.rows if row.reference), None)
        if reference is None or reference.workers > 1 or not reference.batch_seconds:
            return 0.0
        return reference.batch_seconds / reference.tasks

    @property
    def short(self) -> bool:
        """Whether tasks take less than it takes to hand them out."""
        return 0 < self.task_seconds < SHORT_SECONDS

    def computes(self) -> bool:
        """Whether the reference, a task at a time, spends its time on computing."""
        reference = next((row for row in self.rows if row.reference), None)
        if reference is None or reference.workers > 1:
            return False
        processes = self.stored.of(reference.id)
        shares = [one.own_cpu_seconds / one.seconds for one in processes if one.in_process]
        return bool(shares) and median(shares) >= COMPUTES

    def by_itself(self, row: Row) -> bool:
        """Whether its speed-up has an interval without 1, and its rank does not follow that."""
        reference = next((one for one in self.rows if one.reference), None)
        if reference is None or reference.standing is None or row.standing is None:
            return False
        if not row.speedup_low or not row.speedup_high or row.speedup_low <= 1 <= row.speedup_high:
            return False
        apart = reference.standing.slower_than | row.standing.slower_than
        return not apart & {row.id, reference.id}


def annotate(rows: Sequence[Row], stored: Stored) -> list[Row]:
    """The rows of a block, with the notes that follow from their numbers."""
    cells = {cell.id: cell for cell in stored.run.cells}
    peers = _Peers(rows, stored)
    return [
        row
        if row.batch_seconds is None
        else replace(row, notes=tuple(_notes(row, cells[row.id], peers)))
        for row in rows
    ]


def beyond(row: Row) -> bool:
    """Whether the whole interval of a row is beyond its limit: no strategy can do that."""
    least, high = row.own_limit_seconds, row.batch_high
    return bool(least and high and least > BEYOND * high)


def footnotes(rows: Sequence[Row]) -> list[Footnote]:
    """The notes of a table in the order of its rows, lettered from `a`.

    Those that differ by a number alone are one, and the numbers stand in the cells.
    """
    notes = [note for row in rows for note in row.notes]
    texts: dict[str, set[str]] = {}
    for note in notes:
        texts.setdefault(note.code, set()).add(note.text)
    several = {code for code in FIGURES if len(texts.get(code, ())) > 1}
    apart: dict[str, tuple[str, str, bool]] = {}
    for note in notes:
        many = note.code in several
        words = FIGURES[note.code][1] if many else note.text
        apart.setdefault(words, (note.sentence, note.code if note.explained else "", many))
    letters = chain(ascii_lowercase, map(str, count(1)))
    return [
        Footnote(mark, words, *rest)
        for mark, (words, rest) in zip(letters, apart.items(), strict=False)
    ]


def marks(row: Row, footnotes: Sequence[Footnote]) -> str:
    """The letters of one row: `a c`, or `a (162 ms) c` where others have another number."""
    return " ".join(
        f"{one.mark} ({note.figure})" if one.several else one.mark
        for one in footnotes
        for note in row.notes
        if (note.code == one.code if one.several else note.text == one.text)
    )


def _notes(row: Row, cell: Planned, peers: _Peers) -> Iterator[Note]:
    """Those that the worker stored, the first put more exactly, and those that follow."""
    processes, probe = peers.stored.of(row.id), peers.stored.probes.get(row.id, Probed())
    yield from _loop(row, probe, peers)
    yield from _gil(row, peers, processes)
    yield from _by_itself(row, peers, processes)
    asked = row.strategy_params.get("workers")
    if isinstance(asked, int) and asked != cell.workers:
        yield Note("in-flight", {"tasks": cell.workers, "workers": asked})
    if not peers.short:  # which says it already
        yield from _achieved(row, cell, probe)
    if probe.left:
        more = len(probe.left) - _LEFT
        things = "; ".join([*probe.left[:_LEFT], *([f"and {more:,} more"] if more > 0 else [])])
        yield Note("left-behind", {"things": things})
    rounds, counted = {process.round for process in processes}, peers.stored.run.counted
    if low := sum(counted[number].low for number in rounds & counted.keys()):
        yield Note("busy-machine", {"low": low, "rounds": len(rounds)})
    unlike = any(note.code == "sample-unlike" for note in row.notes)
    if cell.measured_tasks is not None and cell.measured_tasks < cell.tasks and not unlike:
        yield Note("sampled", {"measured": cell.measured_tasks, "tasks": cell.tasks})
    if row.client and row.client != peers.client:
        yield Note("other-client", {"client": row.client, "usual": peers.client})
    if beyond(row):
        yield Note("beyond-limit")
    if peers.by_itself(row):
        ranked = sum(one.standing is not None for one in peers.rows)
        yield Note("by-itself", {"comparisons": ranked - 1})
    if row.rounds == 1 < peers.rounds:  # of all of them the verdict says it
        yield Note("one-round")
    if times := sum(failure.cell == row.id for failure in peers.stored.run.failures):
        yield Note("failed-rounds", {"times": times})


def _loop(row: Row, probe: Probed, peers: _Peers) -> Iterator[Note]:
    late = probe.lag.max if probe.lag else None
    blocked = BLOCKS in row.notes or (row.form == "async" and (late or 0.0) >= LATE_SECONDS)
    in_turn = row.reference and row.workers == 1  # where nothing else waits for the loop
    told = blocked and not in_turn and late is not None and not peers.short
    if told:
        yield Note("late-loop", {"seconds": late})
    elif row.form == "async" and _waits_alone(row, peers):
        yield Note("waits-alone")
    yield from (note for note in row.notes if note != BLOCKS or not told)


def _waits_alone(row: Row, peers: _Peers) -> bool:
    """Whether its tasks wait most of their time, and all of them one after the other."""
    if row.reference or row.workers == 1 or peers.short or row.speedup_high is None:
        return False
    cpu, batch = row.cpu_seconds, row.batch_seconds
    waits = cpu is not None and batch is not None and cpu < WAITS * batch
    return waits and row.tasks > 1 and row.speedup_high <= HELPS


def _by_itself(row: Row, peers: _Peers, processes: Sequence[Process]) -> Iterator[Note]:
    """What is said of tasks that are too short to hand out, or use several CPUs themselves."""
    slower = row.speedup_high is not None and row.speedup_high < 1
    if peers.short and not row.reference and slower:
        yield Note("short-tasks", {"seconds": peers.task_seconds})
    if row.reference and row.workers == 1:
        shares = [one.own_cpu_seconds / one.seconds for one in processes if one.in_process]
        if shares and (cpus := median(shares)) > SEVERAL_CPUS:
            yield Note("several-cpus", {"cpus": cpus})


def _gil(row: Row, peers: _Peers, processes: Sequence[Process]) -> Iterator[Note]:
    titles = {side.title for side in peers.stored.run.sides if side.name.startswith("python:")}
    own = None if row.side in titles else peers.stored.run.environment.get("gil")
    known = [process.gil for process in processes if process.gil is not None]
    first = [process.gil_first for process in processes if process.gil_first is not None]
    named = any(note.code == "gil-turned-on-by" for note in row.notes)
    if (own is False or False in first) and any(known) and not named:
        yield Note("gil-turned-on")
    on = any(known) if known else own
    in_threads = all(process.in_process for process in processes) and row.form == "blocking"
    if row.reference or row.workers == 1 or on is None or not in_threads:
        return
    if peers.short or any(note.code in NOT_OF_THE_GIL for note in row.notes):
        return
    useless = row.speedup_high is not None and row.speedup_high <= HELPS
    blamed = useless and peers.computes() and median(peers.stored.run.delivered) >= SECOND_CPU
    if blamed and on:
        yield Note("gil-on")
    elif blamed and row.cpu_seconds and row.batch_seconds:
        yield Note("contention", {"cpus": row.cpu_seconds / row.batch_seconds})
    elif known and not on:
        yield Note("gil-off")


def _achieved(row: Row, cell: Planned, probe: Probed) -> Iterator[Note]:
    concurrency, workers = probe.concurrency, cell.workers
    if concurrency is None or workers == 1 or cell.reference:
        return
    tasks = probe.tasks or cell.measured_tasks or cell.tasks
    if tasks < workers <= cell.tasks:
        return  # a sample for the probe cannot tell what all of them do
    # Few tasks are never all in flight for long: the last starts when the first is nearly done.
    achieved = concurrency.most if tasks < 2 * workers else concurrency.mean
    if achieved < ACHIEVED * workers:
        bound, code = _tightest(tasks, concurrency, BLOCKS in row.notes)
        values = {"achieved": achieved, "workers": workers}
        known = bound < workers
        yield Note(code, {**values, "bound": bound}) if known else Note("idle-workers", values)


def _tightest(tasks: int, concurrency: Concurrency, blocked: bool) -> tuple[int, str]:
    """The least of what is known to bound the tasks in flight, and the code for it."""
    bounds = [(tasks, "few-tasks")]
    if blocked:
        bounds.append((1, "one-at-a-time"))
    if concurrency.declared is not None:
        bounds.append((concurrency.declared, "workload-bound"))
    if concurrency.lanes > 1:  # an event loop is one lane, and runs as many as it likes
        bounds.append((concurrency.lanes, "few-lanes"))
    return min(bounds, key=lambda bound: bound[0])
