"""Where the tasks of a timeline are drawn: rows on which no bar lies over another.

A lane that runs one task at a time is one row.  An event loop is one lane, too, and has as many
rows as it had tasks going at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

Span = tuple[float, float]
Task = tuple[int, int, float, float, float]
"""Number, lane, and the seconds when it was submitted, started and ended."""


@dataclass(frozen=True)
class Track:
    """A row: its lane, when a task ran on it, and when one that ran on it was waiting; by time."""

    lane: int
    bars: Sequence[Span]
    waits: Sequence[Span]


def tracks(tasks: Sequence[Task]) -> list[Track]:
    """The rows of these tasks, by lane."""
    ordered = sorted(tasks, key=lambda task: (task[1], task[3], task[0]))
    return [
        Track(
            lane,
            [(started, ended) for _, _, _, started, ended in row],
            united([(submitted, started) for _, _, submitted, started, _ in row]),
        )
        for lane, inside in groupby(ordered, key=lambda task: task[1])
        for row in _rows(list(inside))
    ]


def _rows(tasks: Sequence[Task]) -> list[list[Task]]:
    """Each task on the first row that is free when it starts."""
    rows: list[list[Task]] = []
    for task in tasks:
        free = next((row for row in rows if row[-1][4] <= task[3]), None)
        if free is None:
            rows.append([task])
        else:
            free.append(task)
    return rows


def united(spans: Sequence[Span], gap: float = 0.0) -> list[Span]:
    """What these cover together, parts no farther apart than `gap` joined; without empty ones."""
    found: list[Span] = []
    for low, high in sorted(span for span in spans if span[1] > span[0]):
        if found and low <= found[-1][1] + gap:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return found


def apart(bars: Sequence[Span], gap: float) -> list[Span]:
    """The same bars with so much between two that follow each other; none is lost."""
    return [(low, max(low + gap, high - gap)) for low, high in bars]


def until(bars: Sequence[Span], end: float) -> list[Span]:
    """The parts of these before `end`."""
    return [(low, min(high, end)) for low, high in bars if low < end]
