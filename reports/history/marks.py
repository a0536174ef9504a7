"""A history in words and signs, the same on a terminal, in a chart and in a page; and as JSON.

The keys of the JSON are in SCHEMA.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

from .. import numbers
from .series import Change, Point, Series

_SHORT = 7
_LEAST = 0.1
"""A plot reaches at least this share beyond its middle: noise is not blown up to fill it."""


def when(point: Point) -> str:
    """`2026-11-21 04:50`."""
    return point.started[:16].replace("T", " ")


def revision(point: Point) -> str:
    """`1a2b3c4`, with a star where the tree had uncommitted changes."""
    if not point.revision:
        return numbers.NONE
    return point.revision[:_SHORT] + "*" * point.dirty


def percent(ratio: float) -> str:
    """`+12 %`: a ratio as the change that it is."""
    value = 100 * (ratio - 1)
    text = f"{value:+.1f}" if abs(value) < 9.95 else f"{value:+,.0f}"
    return f"{text.replace('+0.0', '0.0').replace('-0.0', '0.0')} %"


def change(one: Series, change: Change) -> str:
    """`slower +12 % since 1a2b3c4`, or since a run where no revision is known."""
    point = one.points[change.at]
    since = revision(point) if point.revision else f"run {point.run}"
    return f"{change.word} {percent(change.ratio)} since {since}"


def last(one: Series) -> str:
    """The last change, `-` without one."""
    return change(one, one.changes[-1]) if one.changes else numbers.NONE


def value(one: Series, place: int) -> str:
    """The time of a run, or how many times as fast as the reference it was."""
    point = one.points[place]
    if one.relative and point.share:
        return numbers.ratio(1 / point.share.estimate)
    return numbers.duration(point.batch.estimate)


def machine(one: Series) -> str:
    """`AMD EPYC, 2 CPUs, CPython 3.11.7`; what was not recorded is left out."""
    known = {key: value for key, value in one.machine.items() if value is not None}
    cpus = known.get("cpus")
    quota = known.get("cgroup_cpus")
    parts = (
        str(known.get("cpu_model", "")),
        f"{cpus} CPU{'' if cpus == 1 else 's'}" if cpus else "",
        f"quota {quota} CPUs" if quota else "",
        f"{known.get('implementation', 'Python')} {known.get('python', '')}".strip(),
        "GIL off" if known.get("gil") is False else "",
        "JIT on" if known.get("jit") else "",
    )
    return ", ".join(filter(None, parts))


def plotted(one: Series, width: int) -> list[str]:
    """For each run its interval on a line, `--o--`, further right being slower."""
    intervals = map(one.interval, one.points)
    ends = [
        (log(each.low or each.estimate), log(each.estimate), log(each.high or each.estimate))
        for each in intervals
    ]
    # By estimates: one wide interval would press all others together.
    low, high = min(middle for _, middle, _ in ends), max(middle for _, middle, _ in ends)
    centre, reach = (low + high) / 2, max((high - low) / 2, log(1 + _LEAST)) * 1.1
    lines = []
    for end in ends:
        places = [round((each - centre + reach) / (2 * reach) * (width - 1)) for each in end]
        first, middle, behind = (min(max(place, 0), width - 1) for place in places)
        line = ["-" if first <= place <= behind else " " for place in range(width)]
        line[middle] = "o"
        lines.append("".join(line).rstrip())
    return lines


SCHEMA = 1


def document(every: Sequence[Series], skipped: Sequence[str]) -> dict[str, Any]:
    """All series, and the runs that could not be read."""
    return {"schema": SCHEMA, "series": [_series(one) for one in every], "skipped": [*skipped]}


def _series(one: Series) -> dict[str, Any]:
    cell = one.cell
    return {
        "cell": cell.name,
        "workload": cell.workload.name,
        "workload_params": cell.workload.params,
        "strategy": cell.strategy.name,
        "strategy_params": cell.strategy.params,
        "tasks": cell.tasks,
        "workers": cell.workers,
        "relative": one.relative,
        "machine": dict(one.machine),
        "runs": [_run(one, place) for place in range(len(one.points))],
        "changes": [
            {
                "change": change.word,
                "since": one.points[change.at].id,
                "since_revision": one.points[change.at].revision or None,
                "ratio": change.ratio,
                "around": [*change.around],
            }
            for change in one.changes
        ],
    }


def _run(one: Series, place: int) -> dict[str, Any]:
    point = one.points[place]
    share = point.share
    return {
        "run": point.id,
        "name": point.run,
        "started": point.started,
        "revision": point.revision or None,
        "dirty": point.dirty,
        "rounds": point.rounds,
        "batch_seconds": point.batch.estimate,
        "batch_low": point.batch.low,
        "batch_high": point.batch.high,
        "share": share and share.estimate,
        "share_low": share and share.low,
        "share_high": share and share.high,
    }
