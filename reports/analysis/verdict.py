"""One sentence per block: which strategy to use, how sure that is, or why that cannot be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import numbers
from . import explanations
from .cells import Row


def sentence(name: str, rows: Sequence[Row], names: Mapping[int, str]) -> str:
    """The verdict on a block: `io_sleep: asyncio, 15.5x [15.1, 15.8] sequential, 96 % of ...`.

    `rows` are in the order of the table; `names` are those of the cells, by id.
    """
    return f"{name}: {_said(rows, names)}"


def _said(rows: Sequence[Row], names: Mapping[int, str]) -> str:
    measured = [row for row in rows if row.batch_seconds is not None]
    if not measured:
        return f"no verdict, {_unmeasured(rows)}"
    if len(measured) == 1:
        only = measured[0]
        batch = numbers.duration(only.batch_seconds)
        share = f", {_ERROR}" if _beyond(only) else _of_limit(measured)
        return f"only {names[only.id]} was measured, {batch} a batch{share}"
    first = [row for row in measured if row.rank == 1]
    if not first:
        return "one round: no interval, so no verdict on who is first"
    if wrong := [names[row.id] for row in first if _beyond(row)]:
        are = "is first but" if len(wrong) == 1 else "are first but"
        return f"no verdict, {numbers.listed(wrong)} {are} {_ERROR}"
    return _first(first, rows, names)


_ERROR = "more than 3 % beyond the limit: an error of measuring"


def _beyond(row: Row) -> bool:
    return explanations.beyond(row, row.limit_seconds)


def _unmeasured(rows: Sequence[Row]) -> str:
    counts = {status: sum(row.status == status for row in rows) for status in _WORDS}
    said = [f"{count} {_WORDS[status]}" for status, count in counts.items() if count]
    return f"nothing was measured: {numbers.listed(said)}"


_ABSENT = {"failed": "failed", "unavailable": "cannot run here", "pending": "has not run"}

_WORDS = {
    "failed": "failed",
    "unavailable": "cannot run here",
    "pending": "not yet run",
    "measured": "without a stored time",
}


def _first(first: Sequence[Row], rows: Sequence[Row], names: Mapping[int, str]) -> str:
    who = numbers.listed([names[row.id] for row in first])
    if len(first) > 1:
        who = f"no difference found between {who}"
    reference = next((row for row in rows if row.reference), None)
    if reference is not None and reference in first:
        return f"{who}: nothing beats {names[reference.id]} here{_of_limit(first)}"
    return f"{who}, {_speedup(first, reference, names)}{_of_limit(first)}"


def _speedup(first: Sequence[Row], reference: Row | None, names: Mapping[int, str]) -> str:
    known = [row.speedup for row in first if row.speedup is not None]
    if reference is None or not known:
        missing = "there is no reference"
        if reference:
            missing = f"{names[reference.id]} {_ABSENT.get(reference.status, 'shares no round')}"
        return f"{_batches(first)} a batch; {missing}, so no speed-up"
    if len(first) == 1:
        only = first[0]
        said = numbers.interval(only.speedup, only.speedup_low, only.speedup_high)
    else:
        said = _range(numbers.ratio(min(known)), numbers.ratio(max(known)))
    return f"{said} {names[reference.id]}"


def _batches(rows: Sequence[Row]) -> str:
    known = [row.batch_seconds for row in rows if row.batch_seconds is not None]
    return _range(numbers.duration(min(known)), numbers.duration(max(known)))


def _of_limit(rows: Sequence[Row]) -> str:
    known = [row.of_limit for row in rows if row.of_limit is not None]
    if not known:
        return ""
    said = _range(numbers.percent(min(known), " "), numbers.percent(max(known), " "))
    return f", {said} of the limit"


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
