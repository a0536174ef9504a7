"""What bends a cell's numbers, in a word beside them and in a sentence below."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import TYPE_CHECKING

from .facts import Planned

if TYPE_CHECKING:
    from .cells import Row  # which imports this module

BEYOND = 1.03

_SENTENCES = (
    (
        r"blocks the loop",
        "the workload has no async form, so each task blocks the event loop it runs in",
    ),
    (
        r"own loop per lane",
        "the workload is async only, so each thread or process runs an event loop of its own",
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
)


@dataclass(frozen=True)
class Note:
    """A mark to put beside a cell, what it stands for, and what that means ("" if unknown)."""

    mark: str
    note: str
    sentence: str


def noted(rows: Sequence[Row], cells: Mapping[int, Planned], failures: Sequence[int]) -> list[Row]:
    """The rows of a block, with the notes that follow from their numbers.

    `cells` is by id, `failures` has a cell's id as often as it failed.
    """
    client = next((row.client for row in rows if row.reference and row.client), "")
    client = client or next((row.client for row in rows if row.client), "")
    others = max(row.rounds for row in rows)
    found = []
    for row in rows:
        if row.batch_seconds is not None:
            told = [*row.notes, *_of_plan(row, cells[row.id], client)]
            if row.rounds == 1 < others:  # of all of them the verdict says it
                told.append("one round")
            if failed := failures.count(row.id):
                told.append(f"failed {failed} time{'s' if failed > 1 else ''}")
            row = replace(row, notes=tuple(told))
        found.append(row)
    return found


def _of_plan(row: Row, cell: Planned, client: str) -> list[str]:
    found = []
    if cell.measured_tasks is not None and cell.measured_tasks < cell.tasks:
        found.append(f"sampled {cell.measured_tasks:,} of {cell.tasks:,}")
    if row.client and row.client != client:
        found.append(f"client {row.client}, not {client}")
    if row.limit_seconds and row.batch_high and row.limit_seconds > BEYOND * row.batch_high:
        found.append("beyond the limit")
    return found


def explained(rows: Sequence[Row]) -> list[Note]:
    """The notes of a block in the order of its rows, lettered from `a`."""
    known = dict.fromkeys(note for row in rows for note in row.notes)
    return [Note(_mark(place), note, _sentence(note)) for place, note in enumerate(known)]


def marks(row: Row, notes: Sequence[Note]) -> str:
    """The letters of one row: `a c`."""
    return " ".join(note.mark for note in notes if note.note in row.notes)


def _mark(place: int) -> str:
    letters = len(ascii_lowercase)
    return ascii_lowercase[place] if place < letters else str(place + 1 - letters)


def _sentence(note: str) -> str:
    for pattern, sentence in _SENTENCES:
        if match := re.fullmatch(pattern, note):
            return match.expand(sentence)
    return ""
