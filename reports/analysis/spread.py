"""How unlike the tasks of a batch are, and what that does to a limit and to a sample.

A probe sees when each task of a pass starts and ends.  The least that any strategy took for a task
is what it takes by itself: in the others it may have waited for a CPU or for the loop.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from ..run.notes import Note
from ..run.stored import Stored
from .once import unranked

if TYPE_CHECKING:
    from .cells import Row

UNEVEN = 2.0
"""Times the median; a longest task of less is like the others."""
JITTER_SECONDS = 0.001
"""More than this and not less the longest must take, for a sleeper may wake up late by as much."""
UNLIKE = 1.1
"""A sample whose tasks take as many times what all do, or as many times less, is not like them."""
UNSEEN = "some tasks take longer than others, and no probe saw all of them"
LONGER = 1.3
"""Times what a sample says of all tasks in turn; a batch that takes longer contradicts it."""


@dataclass(frozen=True)
class Spread:
    """Seconds of the shortest, the usual and the longest task that a probe saw."""

    least: float
    usual: float
    most: float

    @property
    def uneven(self) -> bool:
        """Whether the longest task is far from the usual one."""
        return self.most > UNEVEN * self.usual and self.most - self.usual > JITTER_SECONDS


def adjusted(rows: Sequence[Row], stored: Stored) -> list[Row]:
    """The rows of a block with one limit for all, that no longest task exceeds.

    Where the reference ran a sample, and that is not like all tasks, there are no speed-ups and no
    limit, and the time of what ran it is put right by what these tasks took elsewhere.
    """
    each = _seconds(rows, stored)
    spread = Spread(min(each.values()), median(each.values()), max(each.values())) if each else None
    with_limit = [_with_limit(row, rows, spread) for row in rows]
    if len(each) < rows[0].tasks:  # those that nobody saw may be unlike
        return _unchecked(_unlimited(with_limit, stored), stored)
    share = _share(rows, stored, each)
    if share is None or 1 / UNLIKE <= share <= UNLIKE:
        return with_limit
    return [_without_reference(row, stored, share) for row in with_limit]


def _seconds(rows: Iterable[Row], stored: Stored) -> dict[int, float]:
    """What each task takes, by its number: the least that any probe saw."""
    each: dict[int, float] = {}
    for row in rows:
        probe = stored.probes.get(row.id)
        for number, _, _, started, ended in (
            probe.timeline.tasks if probe and probe.timeline else ()
        ):
            each[number] = min(ended - started, each.get(number, math.inf))
    return each


def _with_limit(row: Row, rows: Sequence[Row], spread: Spread | None) -> Row:
    """With the least limit of any row: the best client, and the most tasks in flight."""
    known = [one.limit_seconds for one in rows if one.limit_seconds is not None]
    row = replace(row, spread=spread)
    if row.limit_seconds is None or not row.batch_seconds:
        return row
    own, least = row.limit_seconds, min(known)
    if spread and spread.uneven:
        # That of tasks alike rounds up to whole turns, which is too much for others.
        turns = row.tasks / max(one.workers for one in rows)
        own, least = (max(spread.most, one * turns / math.ceil(turns)) for one in (own, least))
    share = least / row.batch_seconds
    return replace(row, limit_seconds=least, of_limit=share, own_limit_seconds=own)


def _unlimited(rows: Sequence[Row], stored: Stored) -> list[Row]:
    """The rows without the limit, where parts of a batch differ by more: by one task, perhaps."""
    parts = [one.part_seconds for row in rows for one in stored.of(row.id) if one.part_seconds]
    longer = min((max(seconds) - min(seconds) for seconds in parts), default=0.0)
    nothing: dict[str, Any] = dict.fromkeys(("limit_seconds", "of_limit", "own_limit_seconds"))
    return [
        replace(row, **nothing, limit_doubt=UNSEEN)
        if row.limit_seconds is not None and longer > row.limit_seconds
        else row
        for row in rows
    ]


def _share(rows: Sequence[Row], stored: Stored, each: Mapping[int, float]) -> float | None:
    """What the tasks of the reference's sample take, by all on average; None without a sample."""
    cells = {cell.id: cell for cell in stored.run.cells}
    reference = next((row for row in rows if row.reference and row.batch_seconds), None)
    measured = cells[reference.id].measured_tasks if reference else None
    if reference is None or measured is None or measured >= reference.tasks:
        return None
    first = tuple(range(measured))  # as samples of before were
    samples = [one.sample or first for one in stored.of(reference.id)]
    known = [each[number] for sample in samples for number in sample if number in each]
    usual = sum(each.values()) / len(each)
    return sum(known) / len(known) / usual if known and usual else None


def _unchecked(rows: Sequence[Row], stored: Stored) -> list[Row]:
    """The rows with what may be said of samples that no probe has checked.

    No strategy with several workers takes longer for slow tasks than one after the other does:
    where one seems to, the sample is unlike the rest.
    """
    sampled = {row.id: measured for row in rows if (measured := _measured(row, stored))}
    reference = next((row for row in rows if row.reference and row.id in sampled), None)
    in_turn = reference.batch_seconds if reference else None
    whole = (row for row in rows if row.id not in sampled and row.workers > 1)
    doubted = in_turn and any((row.batch_seconds or 0) > LONGER * in_turn for row in whole)
    code = "sample-doubted" if doubted else "sample-unchecked"
    told = [
        replace(row, notes=(*row.notes, _note(code, row, sampled[row.id])))
        if row.id in sampled
        else row
        for row in rows
    ]
    return [_without_speedup(row, row.id in sampled) for row in told] if doubted else told


def _measured(row: Row, stored: Stored) -> int | None:
    """How many of its tasks ran, where that was a sample."""
    measured = next(one.measured_tasks for one in stored.run.cells if one.id == row.id)
    is_sample = row.batch_seconds and measured is not None and measured < row.tasks
    return measured if is_sample else None


def _note(code: str, row: Row, measured: int, **more: float) -> Note:
    return Note(code, {"measured": measured, "tasks": row.tasks, **more})


def _without_speedup(row: Row, sampled: bool) -> Row:
    row = replace(row, speedup=None, speedup_low=None, speedup_high=None)
    row = replace(row, limit_seconds=None, of_limit=None, own_limit_seconds=None)
    row = replace(row, limit_doubt="the reference ran a sample that cannot stand for all tasks")
    return unranked(row) if sampled else row


def _without_reference(row: Row, stored: Stored, share: float) -> Row:
    measured = _measured(row, stored)
    row = _without_speedup(row, bool(measured))
    if not row.batch_seconds or measured is None:
        return row
    note = _note("sample-unlike", row, measured, times=share)
    return replace(
        row,
        batch_seconds=row.batch_seconds / share,
        batch_low=row.batch_low and row.batch_low / share,
        batch_high=row.batch_high and row.batch_high / share,
        notes=(*row.notes, note),
    )
