"""The columns of a table: what each says, what it is sorted by, and which are the least needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from . import text
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
    return text.interval(line.row.speedup, line.row.speedup_low, line.row.speedup_high)


def _rate(row: Row) -> float | None:
    return row.tasks / row.batch_seconds if row.batch_seconds else None


def _switches(row: Row) -> float | None:
    if row.voluntary_switches is None or row.involuntary_switches is None:
        return None
    return row.voluntary_switches + row.involuntary_switches


RANK = _number("rank", lambda row: row.rank, text.count)
NAME = Column("strategy", lambda line: line.name, lambda line: line.name, left=True)
NOTES = Column("notes", lambda line: line.marks, lambda line: line.marks, left=True)

COLUMNS = (
    RANK,
    NAME,
    _number("batch", lambda row: row.batch_seconds, text.duration),
    _number("+-95%", _half_width, text.percent),
    Column("speed-up", _speedup, lambda line: line.row.speedup),
    _number("tasks/s", _rate, text.count),
    _number("of limit", lambda row: row.of_limit, text.percent),
    _number("CPU/task", lambda row: row.cpu_per_task_seconds, text.brief),
    _number("switches", _switches, text.count, usual=False),
    _number("memory", lambda row: row.peak_bytes, text.size),
    _number("over empty", lambda row: row.over_empty_bytes, text.size, usual=False),
    _number("per worker", lambda row: row.per_worker_bytes, text.size, usual=False),
    _number("max lag", lambda row: row.lag_max_seconds, text.brief),
    _number("lag p99", lambda row: row.lag_p99_seconds, text.brief, usual=False),
    _number("p99", lambda row: row.running_p99_seconds, text.brief),
    _number("waiting p99", lambda row: row.waiting_p99_seconds, text.brief, usual=False),
    _number("in flight", lambda row: row.in_flight_mean, text.count, usual=False),
    _number("most in flight", lambda row: row.in_flight_most, text.count, usual=False),
    _number("start-up", lambda row: row.startup_seconds, text.duration),
    _number("one-shot", lambda row: row.one_shot_seconds, text.duration),
    _number("tasks", lambda row: row.tasks, text.count, usual=False),
    _number("workers", lambda row: row.workers, text.count, usual=False),
    _number("rounds", lambda row: row.rounds, text.count, usual=False),
    NOTES,
)
USUAL = tuple(column for column in COLUMNS if column.usual)

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
