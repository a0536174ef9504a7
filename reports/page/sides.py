"""The sides of a run, each against the first, as the page says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import contrast, text
from ..sided import Against, sided
from ..stored import Stored
from .comparison import Side, side


@dataclass(frozen=True)
class Line:
    """A cell: the first side's time, and the other's against it."""

    name: str
    seconds: float | None
    seconds_said: str
    other: Side


@dataclass(frozen=True)
class Part:
    """Another side against the first; `said` counts the words, `meanings` explains them."""

    said: str
    first: str
    other: str
    meanings: tuple[str, ...]
    lines: tuple[Line, ...]


def parts(stored: Stored) -> tuple[Part, ...]:
    """A part for each side but the first; none of a run without sides."""
    return tuple(
        Part(
            one.said,
            one.first.title,
            one.other.title,
            tuple(contrast.meanings(one.found)),
            tuple(_lines(one)),
        )
        for one in sided(stored)
    )


def _lines(one: Against) -> Iterator[Line]:
    for row in map(contrast.short, one.found):
        yield Line(row.cell, row.first_seconds, text.duration(row.first_seconds), side(row))
