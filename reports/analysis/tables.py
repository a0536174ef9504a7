"""Tables of a run: which cells stand in which, which columns they have, and in which order.

None of it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, nan

from .. import numbers
from ..errors import UnknownName
from ..run.stored import Stored
from ..stats.intervals import Interval
from . import cells, explanations, names, verdict
from .cells import Row
from .explanations import Footnote
from .verdict import Conclusion, Terms

Value = float | str | None


@dataclass(frozen=True)
class Entry:
    """A cell in a table: its name among its like, and the letters of its notes."""

    row: Row
    name: str
    marks: str = ""

    @property
    def measured(self) -> bool:
        """Whether it has a line of numbers."""
        return self.row.batch_seconds is not None

    @property
    def reason(self) -> str:
        """Why it was not measured: `failed: crashed`."""
        return f"{self.row.status}: {self.row.reason}" if self.row.reason else self.row.status


@dataclass(frozen=True)
class Column:
    """A heading, the text of a cell, and its value; `usual` ones need not be asked for.

    `word` is what a command line calls it, where that cannot be its title.
    """

    title: str
    text: Callable[[Entry], str]
    value: Callable[[Entry], Value]
    usual: bool = True
    left: bool = False
    word: str = ""

    @property
    def key(self) -> str:
        """The title as one word of a command line: `max-lag`."""
        return self.word or self.title.lower().replace(" ", "-")

    def has_value(self, entry: Entry) -> bool:
        """Whether there is something to say of this entry."""
        value = self.value(entry)
        return value not in (None, "") and not (isinstance(value, float) and not isfinite(value))


def _number(
    title: str,
    value: Callable[[Row], float | None],
    text: Callable[[float | None], str],
    usual: bool = True,
) -> Column:
    return Column(title, lambda one: text(value(one.row)), lambda one: value(one.row), usual)


def _half_width(row: Row) -> float | None:
    return Interval(row.batch_seconds or nan, row.batch_low, row.batch_high).half_width


WIDEST = 0.5
"""Half an interval that is still said as a percentage."""
FEW = 3
"""Rounds whose intervals are wide for being few."""


def _doubt(entry: Entry) -> str:
    """`1.8%`; of a wide interval its bounds, or that rounds are too few for any."""
    row, half = entry.row, _half_width(entry.row)
    if half is None or half <= WIDEST:
        return numbers.percent(half)
    if row.rounds <= FEW:
        return "too few rounds"
    return numbers.bounds(row.batch_low, row.batch_high)


def rank(row: Row) -> str:
    """`1`, `2-4` where it is not certain, `1=` where known equals share it."""
    if row.rank is None or row.standing is None:
        return numbers.count(row.rank)
    if row.standing.tied:
        return f"{row.standing.low}="
    low, high = row.standing.low, row.standing.high
    return str(low) if low == high else f"{low}-{high}"


def legend(groups: Sequence[Group]) -> str:
    """What ranks that are no plain number mean, by the first of a kind; "" where there are none."""
    margins = {rank(row): group.conclusion.margin for group in groups for row in group.rows}
    open_one = next((one for one in margins if "-" in one and one != numbers.NONE), "")
    equal = next((one for one in margins if "=" in one), "")
    parts = [f"{open_one} means one of these, not yet certain"] if open_one else []
    parts += [f"{equal} means equal within {margins[equal]}"] if equal else []
    return f"ranks: {'; '.join(parts)}" if parts else ""


def _speedup(entry: Entry) -> str:
    row = entry.row
    return numbers.interval(row.speedup, row.speedup_low, row.speedup_high)


def _rate(row: Row) -> float | None:
    return row.tasks / row.batch_seconds if row.batch_seconds else None


def _switches(row: Row) -> float | None:
    if row.voluntary_switches is None or row.involuntary_switches is None:
        return None
    return row.voluntary_switches + row.involuntary_switches


RANK = Column("rank", lambda entry: rank(entry.row), lambda entry: entry.row.rank)
NAME = Column("strategy", lambda entry: entry.name, lambda entry: entry.name, left=True)
NOTES = Column("notes", lambda entry: entry.marks, lambda entry: entry.marks, left=True)

COLUMNS = (
    RANK,
    NAME,
    _number("batch", lambda row: row.batch_seconds, numbers.duration),
    Column("\u00b1", _doubt, lambda entry: _half_width(entry.row), word="interval"),
    Column("speed-up", _speedup, lambda entry: entry.row.speedup),
    _number("tasks/s", _rate, numbers.count),
    _number("of limit", lambda row: row.of_limit, numbers.percent),
    _number("CPU/task", lambda row: row.cpu_per_task_seconds, numbers.brief),
    _number("switches", _switches, numbers.count, usual=False),
    _number("memory", lambda row: row.peak_bytes, numbers.size),
    _number("over empty", lambda row: row.over_empty_bytes, numbers.size, usual=False),
    _number("per worker", lambda row: row.per_worker_bytes, numbers.size, usual=False),
    _number("max lag", lambda row: row.lag_max_seconds, numbers.brief),
    _number("lag p99", lambda row: row.lag_p99_seconds, numbers.brief, usual=False),
    _number("p99", lambda row: row.running_p99_seconds, numbers.brief),
    _number("waiting p99", lambda row: row.waiting_p99_seconds, numbers.brief, usual=False),
    _number("in flight", lambda row: row.in_flight_mean, numbers.count, usual=False),
    _number("most in flight", lambda row: row.in_flight_most, numbers.count, usual=False),
    _number("start-up", lambda row: row.startup_seconds, numbers.duration),
    _number("start/child", lambda row: row.child_startup_seconds, numbers.brief, usual=False),
    _number("one-shot", lambda row: row.one_shot_seconds, numbers.duration),
    _number("tasks", lambda row: row.tasks, numbers.count, usual=False),
    _number("workers", lambda row: row.workers, numbers.count, usual=False),
    _number("rounds", lambda row: row.rounds, numbers.count, usual=False),
    NOTES,
)
USUAL_COLUMNS = tuple(column for column in COLUMNS if column.usual)

# Where not all fit the first goes first: it follows from others, or says less about which strategy
# to use.  What stays are name, rank, batch, speed-up and notes.
LEAST_NEEDED = (
    *(column.title for column in reversed(COLUMNS) if not column.usual),
    *("tasks/s", "start-up", "one-shot", "\u00b1", "p99", "of limit", "max lag", "memory"),
    "CPU/task",
)


def find(word: str) -> Column | None:
    """The column of this name; capitals, spaces and signs do not matter."""
    if _plain(word) in ("workload", "cell"):  # what the column of names is called in other groups
        return NAME
    plain = "interval" if word.strip() in ("\u00b1", *_BEFORE) else _plain(word)
    return next((one for one in COLUMNS if plain and plain in (_plain(one.title), one.word)), None)


_BEFORE = ("+-", "+-95%", "95%")
"""What the column of intervals was called, and how a keyboard writes its sign."""


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


GROUPS = ("workload", "strategy", "tasks", "workers", "side", "tags", "none")
ALL = "all"


@dataclass(frozen=True)
class View:
    """Columns, what to sort by (by rank without it), and what to group by (blocks without it).

    Of columns that do not fit those in `goes_first` go, in that order.  `asked` is whether the
    columns were named one by one.
    """

    columns: tuple[Column, ...] = USUAL_COLUMNS
    goes_first: tuple[str, ...] = LEAST_NEEDED
    asked: bool = False
    sort: Column | None = None
    falling: bool = False
    group_by: str = ""

    def ordered(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries of a table as they stand, or sorted; those without a value stay last."""
        column = self.sort
        if column is None:
            return list(entries)
        having = [entry for entry in entries if column.has_value(entry)]
        having.sort(key=column.value, reverse=self.falling)  # type: ignore[arg-type]  # one type each
        return having + [entry for entry in entries if not column.has_value(entry)]


USUAL = View()


def wanted(
    columns: str | Sequence[str] | None = None,
    sort: str | None = None,
    group_by: str | None = None,
    params: Iterable[str] = (),
) -> View:
    """The view that names ask for; UnknownName says what there is instead.

    `columns` may be one text, separated by commas, or `all`; a `-` before `sort` is from the
    highest down; `params` are the parameters that can be grouped by besides GROUPS.
    """
    by = group_by or ""
    groups = list(dict.fromkeys([*GROUPS, *params]))
    if group_by is not None and by not in groups:
        alike = next((one for one in groups if one.lower() == by.lower()), None)
        if alike is None:
            raise _unknown("cannot group by '{}'", by, groups)
        by = alike
    key = None if sort is None else _column(sort.removeprefix("-"))
    falling = sort is not None and sort.startswith("-")
    view = View(sort=key, falling=falling, group_by=by)
    words = columns.split(",") if isinstance(columns, str) else columns
    if words is None:
        return view
    if [word.strip().lower() for word in words] == [ALL]:
        return replace(view, columns=COLUMNS)
    asked = tuple(dict.fromkeys(_column(word.strip(), ALL) for word in words))
    numbers = [one for one in asked if one not in (RANK, NAME, NOTES)]
    placed = (*([RANK] if RANK in asked else []), NAME, *numbers, NOTES)
    goes_first = tuple(one.title for one in reversed(numbers[1:]))
    return replace(view, columns=placed, goes_first=goes_first, asked=True)


def _column(word: str, *more: str) -> Column:
    column = find(word)
    if column is None:
        raise _unknown("no column '{}'", word, [*(one.key for one in COLUMNS), *more])
    return column


def _unknown(form: str, word: str, there: Sequence[str]) -> UnknownName:
    from difflib import get_close_matches  # 4 ms that only a mistake need pay

    close = get_close_matches(word.lower(), there, n=1)
    hint = f": did you mean {close[0]}?" if close else ""
    return UnknownName(f"{form.format(word)}{hint} (there are: {', '.join(there)})")


@dataclass(frozen=True)
class Group:
    """A table: its name, its rows, and what each is called in it.

    Cells are compared within blocks: only a group that is a `block` has ranks and a verdict.
    """

    name: str
    rows: tuple[Row, ...]
    names: Mapping[int, str]
    block: bool
    terms: Terms = field(default_factory=Terms)

    @property
    def conclusion(self) -> Conclusion:
        """The verdict on a block."""
        return verdict.decide(self.rows, self.names, self.terms)

    def entries(self, view: View) -> list[Entry]:
        """The rows as the view orders them; those that were not measured stay below."""
        each = [Entry(row, self.names[row.id]) for row in self.rows]
        ordered = view.ordered([one for one in each if one.measured])
        ordered += [one for one in each if not one.measured]
        letters = notes(ordered)
        return [replace(one, marks=explanations.marks(one.row, letters)) for one in ordered]


def notes(entries: Sequence[Entry]) -> list[Footnote]:
    """The notes of a table, lettered from `a` in the order of its entries."""
    return explanations.footnotes([entry.row for entry in entries])


def blocks(stored: Stored) -> list[Group]:
    """The cells that are compared with each other, a group each."""
    tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
    terms = verdict.terms(stored)
    return [
        Group(name, tuple(rows), names.strategies(rows), True, terms)
        for name, rows in zip(names.blocks(tables), tables, strict=True)
    ]


def grouped(blocks: Sequence[Group], by: str) -> list[Group]:
    """The same cells by `workload`, `strategy`, `tasks`, `side`, `tags`, a parameter, or in one.

    Without `by` they stay in their blocks.  A group that is a block keeps its name.
    """
    if not by:
        return list(blocks)
    rows = [row for block in blocks for row in block.rows]
    apart: dict[str, list[Row]] = {}
    for row in rows:
        for label in _labels(row, by):
            apart.setdefault(label, []).append(row)
    whole = {frozenset(block.names): block for block in blocks if by != "tags"}
    blocks_of = {label: whole.get(frozenset(row.id for row in apart[label])) for label in apart}
    kinds = {_kind(those) for label, those in apart.items() if not blocks_of[label]}
    kind = kinds.pop() if len(kinds) == 1 else "cell"
    return [
        blocks_of[label] or Group(label, tuple(those), names.grouped(those, kind), block=False)
        for label, those in sorted(apart.items(), key=lambda one: min(row.id for row in one[1]))
    ]


def comparable(view: View, groups: Sequence[Group]) -> View:
    """The view without ranks, unless all groups are blocks: elsewhere a rank would mislead."""
    if all(group.block for group in groups):
        return view
    return replace(view, columns=tuple(one for one in view.columns if one != RANK))


def naming(groups: Sequence[Group]) -> str:
    """What the entries of these groups are names of: `strategy`, `workload` or, of both, `cell`."""
    kinds = {"strategy" if group.block else _kind(group.rows) for group in groups}
    return kinds.pop() if len(kinds) == 1 else "cell"


def _kind(rows: Sequence[Row]) -> str:
    if len({row.strategy for row in rows}) == 1:
        return "workload"
    return "strategy" if len({row.block for row in rows}) == 1 else "cell"


def params(stored: Stored) -> list[str]:
    """The parameters that the cells of a run have, in the order they are met."""
    cells = stored.run.cells
    plugins = (plugin for cell in cells for plugin in (cell.workload, cell.strategy))
    return list(dict.fromkeys(key for plugin in plugins for key in plugin.params))


def _labels(row: Row, by: str) -> Sequence[str]:
    """The tables that it stands in: one for each of its tags."""
    if by == "tags":
        return [f"tag {tag}" for tag in row.tags] or ["without tags"]
    return [_label(row, by)]


def _label(row: Row, by: str) -> str:
    if by == "none" or (by == "side" and not row.side):
        return "all cells"
    if by in ("workload", "strategy", "side"):
        return str(getattr(row, by))
    if by in ("tasks", "workers"):
        return f"{by}={getattr(row, by)}"
    params = {**row.strategy_params, **row.workload_params}
    return f"{by}={names.plain(params[by])}" if by in params else f"without {by}"
