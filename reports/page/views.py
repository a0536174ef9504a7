"""A stored run as the page shows it: plain data for the template, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .. import charts, numbers
from ..analysis import cells, explanations, header, names, verdict
from ..analysis.cells import Row
from ..analysis.explanations import Footnote
from ..analysis.verdict import span
from ..run.stored import Stored
from . import cards, comparison, figures, method
from .cards import Card, Grid
from .columns import Column, Field, absent, columns, fields, reasons
from .comparison import Pair, Part
from .figures import Figure
from .method import Method


@dataclass(frozen=True)
class Line:
    """A measured cell: its name among its like, its colour, its fields and its notes' letters."""

    rank: int | None
    name: str
    colour: str
    fields: tuple[Field, ...]
    marks: str


@dataclass(frozen=True)
class Block:
    """One workload: a card, a table, what was not measured and why, charts, and every pair.

    `absent` has the reasons of dashes: titles of columns, why, and names of strategies.
    """

    anchor: str
    name: str
    facts: tuple[tuple[str, str], ...]
    sentence: str
    card: Card
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    absent: tuple[tuple[str, str, str], ...]
    unmeasured: tuple[tuple[str, str, str], ...]
    notes: tuple[Footnote, ...]
    figures: tuple[Figure, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Run:
    """One run; `anchor` is in front of every id of its part of the page."""

    anchor: str
    name: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    sides: tuple[Part, ...]
    grid: Grid
    grid_figures: tuple[Figure, ...]
    sweep: tuple[Figure, ...]
    others: tuple[Figure, ...]
    colours: dict[str, str]
    method: Method


def run(stored: Stored, place: int, count: int) -> Run:
    """The run at this place among `count` runs on one page."""
    anchor = f"r{place + 1}-" if count > 1 else ""
    tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
    titles = names.blocks(tables)
    drawn = figures.figures(stored, anchor)
    return Run(
        anchor=anchor,
        name=stored.run.id,
        lines=_lines(stored, tables),
        blocks=tuple(
            _block(stored, rows, title, anchor, drawn)
            for rows, title in zip(tables, titles, strict=True)
        ),
        sides=comparison.parts(stored),
        grid=cards.grid(titles, tables),
        grid_figures=tuple(one for one in drawn if one.key == "grid"),
        sweep=tuple(one for one in drawn if one.key == "sweep"),
        others=tuple(
            one for one in drawn if one.block is None and one.key not in ("grid", "sweep")
        ),
        colours=_colours(tables),
        method=method.method(stored),
    )


def _block(
    stored: Stored, rows: Sequence[Row], title: str, anchor: str, drawn: Sequence[Figure]
) -> Block:
    known = names.strategies(rows)
    explained = explanations.footnotes(rows)
    said = verdict.sentence(title, rows, known)
    number = rows[0].block
    measured = [row for row in rows if row.batch_seconds is not None]
    shown = columns(measured)
    lines = tuple(_line(stored, row, known[row.id], shown, explained) for row in measured)
    return Block(
        anchor=f"{anchor}block-{number}",
        name=title,
        facts=tuple(_facts(rows)),
        sentence=said.removeprefix(f"{title}: "),
        card=cards.card(rows, known),
        columns=shown,
        lines=lines,
        absent=tuple(reasons(measured, known, stored.probes)),
        unmeasured=tuple(
            (known[row.id], row.status, row.reason) for row in rows if row not in measured
        ),
        notes=tuple(explained),
        figures=tuple(
            one for one in drawn if one.block == number and one.key not in ("grid", "sweep")
        ),
        pairs=tuple(comparison.pairs(stored, stored.blocks()[number], known)),
    )


def _line(
    stored: Stored, row: Row, name: str, shown: Sequence[Column], explained: Sequence[Footnote]
) -> Line:
    told = tuple(fields(row, shown, absent(row, stored.probes)))
    return Line(
        row.rank, name, charts.colour(row.strategy), told, explanations.marks(row, explained)
    )


def _lines(stored: Stored, tables: Sequence[Sequence[Row]]) -> tuple[str, ...]:
    said = list(header.lines(stored, tables))
    return tuple(said[: len(said) - len(stored.run.warnings)])


def _facts(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    reference = next((row for row in rows if row.reference), None)
    yield "tasks", numbers.count(rows[0].tasks)
    if reference and reference.batch_seconds and reference.workers == 1:
        yield "each takes", numbers.duration(reference.batch_seconds / reference.tasks)
    workers = [row.workers for row in rows if not row.reference] or [1]
    yield "in flight", span(numbers.count(min(workers)), numbers.count(max(workers)))
    limits = [row.limit_seconds for row in rows if row.limit_seconds is not None]
    if limits:
        low, high = min(limits), max(limits)
        same = high < 1.01 * low
        yield "limit", span(numbers.duration(low), numbers.duration(low if same else high))
    else:
        yield "limit", "not known (it takes a reference with one task at a time)"
    yield "rounds", numbers.count(max(row.rounds for row in rows))


def _colours(tables: Sequence[Sequence[Row]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for rows in tables:
        known = names.strategies(rows)
        found |= {known[row.id]: charts.colour(row.strategy) for row in rows}
    return found
