"""The columns of a table: what each says, what it is sorted by, and which are the least needed.

How tables are shown: which columns, which order, which groups.  None of it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from .. import numbers
from ..errors import UnknownName
from .cells import Row

Value = float | str | None


@dataclass(frozen=True)
class Line:
    """A cell as a table shows it: its name among its like, its notes' letters, or a reason."""

    row: Row
    name: str
    marks: str
    reason: str


@dataclass(frozen=True)
class Column:
    """A heading, how to say its value, and the value; `usual` ones need not be asked for."""

    title: str
    said: Callable[[Line], str]
    value: Callable[[Line], Value]
    usual: bool = True
    left: bool = False

    @property
    def key(self) -> str:
        """The title as one word of a command line: `max-lag`."""
        return self.title.lower().replace(" ", "-")

    def known(self, line: Line) -> bool:
        """Whether there is something to say of this line."""
        value = self.value(line)
        return value not in (None, "") and not (isinstance(value, float) and not isfinite(value))


def _number(
    title: str,
    value: Callable[[Row], float | None],
    said: Callable[[float | None], str],
    usual: bool = True,
) -> Column:
    return Column(title, lambda line: said(value(line.row)), lambda line: value(line.row), usual)


def _half_width(row: Row) -> float | None:
    if row.batch_low is None or row.batch_high is None:
        return None
    return sqrt(row.batch_high / row.batch_low) - 1


def _speedup(line: Line) -> str:
    return numbers.interval(line.row.speedup, line.row.speedup_low, line.row.speedup_high)


def _rate(row: Row) -> float | None:
    return row.tasks / row.batch_seconds if row.batch_seconds else None


def _switches(row: Row) -> float | None:
    if row.voluntary_switches is None or row.involuntary_switches is None:
        return None
    return row.voluntary_switches + row.involuntary_switches


RANK = _number("rank", lambda row: row.rank, numbers.count)
NAME = Column("strategy", lambda line: line.name, lambda line: line.name, left=True)
NOTES = Column("notes", lambda line: line.marks, lambda line: line.marks, left=True)

COLUMNS = (
    RANK,
    NAME,
    _number("batch", lambda row: row.batch_seconds, numbers.duration),
    _number("+-95%", _half_width, numbers.percent),
    Column("speed-up", _speedup, lambda line: line.row.speedup),
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
    *("tasks/s", "start-up", "one-shot", "+-95%", "p99", "of limit", "max lag", "memory"),
    "CPU/task",
)


def telling(columns: Iterable[Column], lines: Sequence[Line]) -> list[Column]:
    """Those of the columns in which at least one line has a value."""
    return [column for column in columns if any(map(column.known, lines))]


def find(word: str) -> Column | None:
    """The column of this name; capitals, spaces and signs do not matter."""
    if _plain(word) in ("workload", "cell"):  # what the column of names is called in other groups
        return NAME
    return next((one for one in COLUMNS if _plain(one.title) == _plain(word)), None)


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


GROUPS = ("workload", "strategy", "tasks", "workers", "side", "none")
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

    def ordered(self, lines: Sequence[Line]) -> list[Line]:
        """The lines of a table as they stand, or sorted; those without a value stay last."""
        column = self.sort
        if column is None:
            return list(lines)
        value = column.value
        having = [line for line in lines if column.known(line)]
        having.sort(key=value, reverse=self.falling)  # type: ignore[arg-type]  # of one type each
        return having + [line for line in lines if not column.known(line)]


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
    by = _group(group_by, list(dict.fromkeys([*GROUPS, *params]))) if group_by is not None else ""
    key = None if sort is None else _column(sort.removeprefix("-"))
    falling = sort is not None and sort.startswith("-")
    words = columns.split(",") if isinstance(columns, str) else columns
    if words is None:
        return View(sort=key, falling=falling, group_by=by)
    if [word.strip().lower() for word in words] == [ALL]:
        return View(COLUMNS, sort=key, falling=falling, group_by=by)
    asked = tuple(dict.fromkeys(_column(word.strip(), ALL) for word in words))
    numbers = [one for one in asked if one not in (RANK, NAME, NOTES)]
    placed = (*([RANK] if RANK in asked else []), NAME, *numbers, NOTES)
    goes_first = tuple(one.title for one in reversed(numbers[1:]))
    return View(placed, goes_first, asked=True, sort=key, falling=falling, group_by=by)


def _column(word: str, *more: str) -> Column:
    found = find(word)
    if found is None:
        raise _unknown("no column '{}'", word, [*(one.key for one in COLUMNS), *more])
    return found


def _group(word: str, there: Sequence[str]) -> str:
    alike = {one.lower(): one for one in reversed(there)}
    if word in there:
        return word
    if word.lower() not in alike:
        raise _unknown("cannot group by '{}'", word, there)
    return alike[word.lower()]


def _unknown(form: str, word: str, there: Sequence[str]) -> UnknownName:
    from difflib import get_close_matches  # 4 ms that only a mistake need pay

    close = get_close_matches(word.lower(), there, n=1)
    hint = f": did you mean {close[0]}?" if close else ""
    return UnknownName(f"{form.format(word)}{hint} (there are: {', '.join(there)})")
