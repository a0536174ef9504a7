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
        "the comparison with the others is one of clients too",
    ),
    (r"one round", "one round gives no interval, and no place in the ranks"),
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
    return [
        replace(
            row, notes=(*row.notes, *_found(row, cells[row.id], client, failures.count(row.id)))
        )
        if row.batch_seconds is not None
        else row
        for row in rows
    ]


def _found(row: Row, cell: Planned, client: str, failures: int) -> list[str]:
    found = []
    if cell.measured_tasks is not None and cell.measured_tasks < cell.tasks:
        found.append(f"sampled {cell.measured_tasks:,} of {cell.tasks:,}")
    if row.client and row.client != client:
        found.append(f"client {row.client}, not {client}")
    if row.limit_seconds and row.batch_high and row.limit_seconds > BEYOND * row.batch_high:
        found.append("beyond the limit")
    if row.rounds == 1:
        found.append("one round")
    if failures:
        found.append(f"failed {failures} time{'s' if failures > 1 else ''}")
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
