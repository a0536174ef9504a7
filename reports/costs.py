"""What a cell's row says of costs: CPU and counts of its timed batches, and what probes saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from .probed import Concurrency, Lag, Latency, Memory, Probed
from .stored import Process


def counted(processes: Sequence[Process], tasks: int) -> dict[str, Any]:
    """Fields of a row: medians per batch over the processes that know; absent where none does."""
    cpu = _median(process.cpu_seconds for process in processes)
    return {
        "cpu_seconds": cpu,
        "cpu_per_task_seconds": None if cpu is None else cpu / tasks,
        "voluntary_switches": _median(process.voluntary_switches for process in processes),
        "involuntary_switches": _median(process.involuntary_switches for process in processes),
        "metrics": metrics(processes),
    }


def metrics(processes: Sequence[Process]) -> dict[str, float]:
    """What the workload counted per batch, by name: the median of the processes that did."""
    names = dict.fromkeys(name for process in processes for name in process.metrics)
    return {
        name: median(one.metrics[name] for one in processes if name in one.metrics)
        for name in names
    }


def probed(found: Probed) -> dict[str, Any]:
    """Fields of a row, from the untimed pass: only those that there are."""
    fields: dict[str, Any] = {}
    if found.memory:
        fields |= _memory(found.memory)
    if found.latency:
        fields |= _latency(found.latency)
    if found.concurrency:
        fields |= _concurrency(found.concurrency)
    if found.lag:
        fields |= _lag(found.lag)
    if found.left is not None:
        fields["left_behind"] = "; ".join(found.left)
    return fields


def _memory(memory: Memory) -> dict[str, Any]:
    return {
        "peak_bytes": memory.peak_pss_bytes,
        "over_empty_bytes": memory.over_empty_bytes,
        "per_worker_bytes": memory.per_worker_bytes,
    }


def _latency(latency: Latency) -> dict[str, Any]:
    spans = {"waiting": latency.waiting_seconds, "running": latency.running_seconds}
    return {
        f"{span}_{quantile}_seconds": getattr(spans[span], quantile)
        for span in spans
        for quantile in ("p50", "p95", "p99", "max")
    }


def _concurrency(concurrency: Concurrency) -> dict[str, Any]:
    return {"in_flight_mean": concurrency.mean, "in_flight_most": concurrency.most}


def _lag(lag: Lag) -> dict[str, Any]:
    return {"lag_p50_seconds": lag.p50, "lag_p99_seconds": lag.p99, "lag_max_seconds": lag.max}


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
