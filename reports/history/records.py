"""Histories as plain data, for JSON.  The keys are in SCHEMA.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .series import Series

SCHEMA = 1


def document(found: Sequence[Series], skipped: Sequence[str]) -> dict[str, Any]:
    """All series, and the runs that could not be read."""
    return {"schema": SCHEMA, "series": [_series(one) for one in found], "skipped": [*skipped]}


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
