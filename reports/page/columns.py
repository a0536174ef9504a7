"""The columns of a workload's table: what each says, and what it is sorted by.

Why a table has dashes, or lacks a column, in words that everyone sees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from .. import numbers
from ..analysis.cells import Row
from ..run.probes import Probed

Value = float | str | None


@dataclass(frozen=True)
class Column:
    """A heading, what it means, and of a row the text and the value to sort by.

    `probe` is what the untimed pass calls it, where it comes from one.  One that is not `usual` is
    folded away until a reader asks for it: the others fill a window.
    """

    key: str
    title: str
    help: str
    said: Callable[[Row], str]
    value: Callable[[Row], Value]
    probe: str = ""
    usual: bool = True


@dataclass(frozen=True)
class Field:
    """One field of a table; `share` (0 to 1, or None) is drawn as a bar behind the text.

    `why` is the reason why there is no value, where one is known.
    """

    key: str
    text: str
    value: Value
    share: float | None = None
    why: str = ""


def columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """The columns that say something of these rows; the rounds only where they differ."""
    same = len({row.rounds for row in rows}) == 1
    return tuple(
        column
        for column in COLUMNS
        if not (same and column.key == "rounds")
        and any(_finite(column.value(row)) is not None for row in rows)
    )


def fields(row: Row, columns: Sequence[Column], absent: Mapping[str, str]) -> list[Field]:
    """The fields of a row; `absent` has by probe the reason why it saw nothing of this cell."""
    return [
        Field(
            column.key,
            column.said(row),
            value := _finite(column.value(row)),
            _share(row.of_limit) if column.key == "of-limit" else None,
            absent.get(column.probe, "") if value is None else "",
        )
        for column in columns
    ]


def _finite(value: Value) -> Value:
    return None if isinstance(value, float) and not isfinite(value) else value


def _share(value: float | None) -> float | None:
    return None if value is None else round(min(1.0, max(0.0, value)), 4)


def _half_width(row: Row) -> float | None:
    if row.batch_low is None or row.batch_high is None:
        return None
    return sqrt(row.batch_high / row.batch_low) - 1


def _rate(row: Row) -> float | None:
    return None if row.batch_seconds is None else row.tasks / row.batch_seconds


COLUMNS = (
    Column(
        "batch",
        "batch",
        "Time for all tasks once pool, loop and clients are up: what a long-lived service pays.",
        lambda row: numbers.duration(row.batch_seconds),
        lambda row: row.batch_seconds,
    ),
    Column(
        "interval",
        "\u00b1 95 %",
        "Half the width of the 95 % interval of the batch time.",
        lambda row: numbers.percent(_half_width(row)),
        _half_width,
    ),
    Column(
        "speed-up",
        "speed-up",
        "How many times faster than the reference, paired by round, with its 95 % interval.",
        lambda row: numbers.interval(row.speedup, row.speedup_low, row.speedup_high),
        lambda row: row.speedup,
    ),
    Column(
        "rate",
        "tasks/s",
        "Tasks done in a second.",
        lambda row: numbers.count(_rate(row)),
        _rate,
        usual=False,
    ),
    Column(
        "of-limit",
        "of limit",
        "The share of the least time that any strategy could take on this machine.",
        lambda row: numbers.percent(row.of_limit),
        lambda row: row.of_limit,
    ),
    Column(
        "cpu-task",
        "CPU/task",
        "CPU seconds of a task, user and system, of the whole process tree in the timed batches.",
        lambda row: numbers.brief(row.cpu_per_task_seconds),
        lambda row: row.cpu_per_task_seconds,
    ),
    Column(
        "memory",
        "memory",
        "Peak memory of the whole process tree (PSS), in an untimed pass.",
        lambda row: numbers.size(row.peak_bytes),
        lambda row: row.peak_bytes,
        "memory",
    ),
    Column(
        "max-lag",
        "max lag",
        "The longest that the event loop came late to what was due, in an untimed pass.",
        lambda row: numbers.brief(row.lag_max_seconds),
        lambda row: row.lag_max_seconds,
        "lag",
    ),
    Column(
        "p99",
        "p99",
        "Of 100 tasks 99 ran no longer than this, from start to end, in an untimed pass.",
        lambda row: numbers.brief(row.running_p99_seconds),
        lambda row: row.running_p99_seconds,
        "latency",
    ),
    Column(
        "start-up",
        "start-up",
        "Opening the strategy in a fresh process, with the imports that it needs.",
        lambda row: numbers.duration(row.startup_seconds),
        lambda row: row.startup_seconds,
    ),
    Column(
        "one-shot",
        "one-shot",
        "Start-up, first batch and close: what a script pays.",
        lambda row: numbers.duration(row.one_shot_seconds),
        lambda row: row.one_shot_seconds,
    ),
    Column(
        "workers",
        "in flight",
        "Tasks running at the same time.",
        lambda row: numbers.count(row.workers),
        lambda row: row.workers,
        usual=False,
    ),
    Column(
        "rounds",
        "rounds",
        "Fresh worker processes that gave a time.",
        lambda row: numbers.count(row.rounds),
        lambda row: row.rounds,
    ),
)


def absent(row: Row, probes: Mapping[int, Probed]) -> Mapping[str, str]:
    """By probe, the reason why it saw nothing of this cell."""
    return probes[row.id].absent if row.id in probes else {}


def reasons(
    rows: Sequence[Row], names: Mapping[int, str], probes: Mapping[int, Probed]
) -> list[tuple[str, str, str]]:
    """Every reason once for the same rows: titles of columns, the reason, and whose."""
    found: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for column in COLUMNS:
        of_column: dict[str, list[int]] = {}
        for row in rows:
            why = absent(row, probes).get(column.probe)
            if why and column.value(row) is None:
                of_column.setdefault(why, []).append(row.id)
        for why, cells in of_column.items():
            found.setdefault((why, tuple(cells)), []).append(column.title)
    return [
        (
            numbers.listed(titles),
            why,
            "all" if len(cells) == len(rows) else ", ".join(names[cell] for cell in cells),
        )
        for (why, cells), titles in found.items()
    ]
