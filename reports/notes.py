"""What bends a cell's numbers, in a word beside them and in a sentence below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import TYPE_CHECKING

from . import sentences, symptoms
from .facts import Planned
from .stored import Stored

if TYPE_CHECKING:
    from .cells import Row  # which imports this module

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
    block = symptoms.Block(rows, stored)
    others = max(row.rounds for row in rows)
    found = []
    for row in rows:
        if row.batch_seconds is not None:
            told = [
                *symptoms.noted(row, cells[row.id], block),
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
    return [Note(_mark(place), note, sentences.of(note)) for place, note in enumerate(known)]


def marks(row: Row, notes: Sequence[Note]) -> str:
    """The letters of one row: `a c`."""
    return " ".join(note.mark for note in notes if note.note in row.notes)


def _mark(place: int) -> str:
    letters = len(ascii_lowercase)
    return ascii_lowercase[place] if place < letters else str(place + 1 - letters)
