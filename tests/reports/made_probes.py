"""Parts of what a probe saw, made up for tests as the driver writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from concbench.reports.run.histogram import Histogram


def memory(peak: int, empty: int | None = None, workers: int = 16) -> dict[str, Any]:
    """The part of a probe, as the driver counts it."""
    over = None if empty is None else peak - empty
    each = None if over is None else over / workers
    return {
        "peak_pss_bytes": peak,
        "empty_pss_bytes": empty,
        "over_empty_bytes": over,
        "per_worker_bytes": each,
        "samples": 9,
    }


def latency(waiting: Sequence[float], running: Sequence[float]) -> dict[str, Any]:
    return {
        "waiting": histogram(waiting),
        "running": histogram(running),
        "waiting_seconds": _quantiles(waiting),
        "running_seconds": _quantiles(running),
    }


def lag(seconds: Sequence[float]) -> dict[str, Any]:
    known = {key: value for key, value in _quantiles(seconds).items() if key != "p95"}
    return {"histogram": histogram(seconds), **known, "loops": 1, "beats": len(seconds)}


def in_flight(
    mean: float, most: int, lanes: int = 1, declared: int | None = None
) -> dict[str, Any]:
    return {"mean": mean, "most": most, "lanes": lanes, "declared": declared}


def histogram(seconds: Sequence[float]) -> str:
    """The text of one, as a run keeps it."""
    made = Histogram()
    for one in seconds:
        made.add(round(one * 1e9))
    return made.text()


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered, last = sorted(seconds), len(seconds) - 1
    known = {f"p{p}": ordered[round(last * p / 100)] for p in (50, 95, 99)}
    return {**known, "max": ordered[-1]}
