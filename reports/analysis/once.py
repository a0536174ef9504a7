"""Work that is done once: cached, or sorted in place, so that later batches find it done.

A batch time then tells how long nothing takes.  The one-shot time, of a fresh process, stays true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from math import isnan
from statistics import median
from typing import TYPE_CHECKING, Any

from .. import numbers
from ..run.notes import Note
from ..run.stored import Stored

if TYPE_CHECKING:
    from .cells import Row

CODE = "done-once"
APART = 3.0
"""Times the later batches, or less than these by as much; what only warms up is nearer."""
LEAST_SECONDS = 0.001
"""Less between the two is what first calls cost in any program."""
_PLACES = {"rank", "rank_low", "rank_high", "standing"}


def unranked(row: Row) -> Row:
    """The row without a place in the table, and without what that follows from."""
    nothing: dict[str, Any] = dict.fromkeys({one.name for one in fields(row)} & _PLACES)
    return replace(row, **nothing)


def checked(rows: Sequence[Row], stored: Stored) -> list[Row]:
    """The rows of a block; without ranks and speed-ups where its reference does the work once.

    A run that asked for `warm` batches keeps them, and the note.
    """
    reference = next((row for row in rows if row.reference), None)
    note = _note(reference, stored) if reference else None
    if note is None:
        return list(rows)
    told = [replace(row, notes=(*row.notes, note)) if row.batch_seconds else row for row in rows]
    return told if stored.run.warm else [_without(row) for row in told]


def _note(row: Row, stored: Stored) -> Note | None:
    processes = [one for one in stored.of(row.id) if not isnan(one.first_batch_seconds)]
    if not row.batch_seconds or not processes:
        return None
    first = median(one.first_batch_seconds for one in processes)
    later = median(one.seconds for one in processes)
    low, high = sorted((first, later))
    if high < APART * _noise(stored) * low or high - low < LEAST_SECONDS:
        return None
    return Note(CODE, {"first": numbers.duration(first), "later": numbers.duration(later)})


def _noise(stored: Stored) -> float:
    """How many times as long work may take for what others take of the machine."""
    cpus = stored.run.environment.get("cpus")
    usable = median(stored.run.delivered) if stored.run.counted else 0.0
    return max(1.0, cpus / usable) if isinstance(cpus, int) and usable else 1.0


def _without(row: Row) -> Row:
    row = replace(row, speedup=None, speedup_low=None, speedup_high=None)
    row = unranked(replace(row, limit_seconds=None, of_limit=None, own_limit_seconds=None))
    return replace(row, limit_doubt="work that is cached, or done once")


def doubt(rows: Sequence[Row]) -> str:
    """Why there is no verdict on such a block, with what a script pays; nothing of any other."""
    notes = (note for row in rows for note in row.notes if note.code == CODE)
    note = next(notes, None)
    if note is None or any(row.speedup is not None for row in rows):
        return ""
    known = [row.one_shot_seconds for row in rows if row.one_shot_seconds is not None]
    paid = ""
    if known:
        low, high = map(numbers.duration, (min(known), max(known)))
        paid = f"; one-shot, which a script pays, is {low if low == high else f'{low} to {high}'}"
    times = f"first batch {note.values['first']}, later {note.values['later']}"
    return f"{times}: cached, or done once{paid} (--warm ranks later ones, --fresh first ones)"
