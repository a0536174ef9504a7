"""One row per cell: all that a table, a verdict or a file says about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan
from statistics import median
from typing import Any

from ..run.notes import Note
from ..run.probes import Concurrency, Lag, Latency, Memory, Probed
from ..run.samples import Process
from ..run.schema import Planned
from ..run.stored import Stored
from ..stats import intervals, stopping
from . import explanations, limit


def costs(processes: Sequence[Process], tasks: int) -> dict[str, Any]:
    """Fields of a row: medians per batch over the processes that know; absent where none does."""
    cpu = _median_cost(process.cpu_seconds for process in processes)
    return {
        "cpu_seconds": cpu,
        "cpu_per_task_seconds": None if cpu is None else cpu / tasks,
        "voluntary_switches": _median_cost(process.voluntary_switches for process in processes),
        "involuntary_switches": _median_cost(process.involuntary_switches for process in processes),
        "metrics": metrics(processes),
    }


def metrics(processes: Sequence[Process]) -> dict[str, float]:
    """What the workload counted per batch, by name: the median of the processes that did."""
    names = dict.fromkeys(name for process in processes for name in process.metrics)
    return {
        name: median(one.metrics[name] for one in processes if name in one.metrics)
        for name in names
    }


def probe_columns(probe: Probed) -> dict[str, Any]:
    """Fields of a row, from the untimed pass: only those that there are."""
    fields: dict[str, Any] = {}
    if probe.memory:
        fields |= _memory(probe.memory)
    if probe.latency:
        fields |= _latency(probe.latency)
    if probe.concurrency:
        fields |= _concurrency(probe.concurrency)
    if probe.lag:
        fields |= _lag(probe.lag)
    if probe.left is not None:
        fields["left_behind"] = "; ".join(probe.left)
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


def _median_cost(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


Times = Mapping[int, float]  # round -> seconds per batch


@dataclass(frozen=True, kw_only=True)
class Row:
    """A cell and its numbers; None where there is none.  Failed cells have no numbers at all.

    `batch_seconds` is the geometric mean over rounds, `startup_seconds`, `one_shot_seconds`, CPU,
    switches and metrics are medians; all are of `tasks` tasks.  Memory, tasks in flight and the
    seconds of waiting, running and lag are of one untimed pass.  `left_behind` is "" when that left
    nothing, None when nobody looked.  The fields up to `rank` are the columns of cells.csv.
    """

    workload: str
    workload_params: dict[str, Any]
    strategy: str
    strategy_params: dict[str, Any]
    tasks: int
    workers: int
    side: str = ""
    status: str
    reason: str
    rounds: int
    batch_seconds: float | None = None
    batch_low: float | None = None
    batch_high: float | None = None
    startup_seconds: float | None = None
    one_shot_seconds: float | None = None
    speedup: float | None = None
    speedup_low: float | None = None
    speedup_high: float | None = None
    limit_seconds: float | None = None
    of_limit: float | None = None
    cpu_seconds: float | None = None
    cpu_per_task_seconds: float | None = None
    voluntary_switches: float | None = None
    involuntary_switches: float | None = None
    peak_bytes: int | None = None
    over_empty_bytes: int | None = None
    per_worker_bytes: float | None = None
    waiting_p50_seconds: float | None = None
    waiting_p95_seconds: float | None = None
    waiting_p99_seconds: float | None = None
    waiting_max_seconds: float | None = None
    running_p50_seconds: float | None = None
    running_p95_seconds: float | None = None
    running_p99_seconds: float | None = None
    running_max_seconds: float | None = None
    in_flight_mean: float | None = None
    in_flight_most: int | None = None
    lag_p50_seconds: float | None = None
    lag_p99_seconds: float | None = None
    lag_max_seconds: float | None = None
    left_behind: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    rank: int | None = None
    id: int
    block: int
    reference: bool
    workload_unusual: tuple[str, ...] = ()
    strategy_unusual: tuple[str, ...] = ()
    client: str = ""
    form: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class _Block:
    """What a row needs to know of the others."""

    confidence: float
    times: Mapping[int, Times]
    reference: Times | None
    limits: Mapping[int, float]
    ranks: Mapping[int, int]
    probes: Mapping[int, Probed]


def rows(stored: Stored) -> list[Row]:
    """Every cell of the plan, table by table."""
    return [row for cells in stored.blocks().values() for row in block(stored, cells)]


def block(stored: Stored, cells: Sequence[Planned]) -> list[Row]:
    """The rows of one block: by rank, then what has none, then what was not measured."""
    by_cell = {cell.id: stored.of(cell.id) for cell in cells}
    rounds = {process.round for processes in by_cell.values() for process in processes}
    # A number of rounds fixed beforehand is not stopped by what is seen.
    fixed = stored.run.rounds_limit is not None
    confidence = intervals.CONFIDENCE if fixed else stopping.confidence(len(rounds))
    times = {
        cell.id: {process.round: process.seconds for process in by_cell[cell.id]}
        for cell in cells
        if cell.status == "measured" and by_cell[cell.id]
    }
    reference = next(
        (times[cell.id] for cell in cells if cell.reference and cell.id in times), None
    )
    places = intervals.ranks(times, 1 - confidence)
    limits = limit.limits(stored, cells)
    known = _Block(confidence, times, reference, limits, places, stored.probes)
    bare = [_row(cell, by_cell[cell.id], known) for cell in cells]
    return sorted(explanations.annotate(bare, stored), key=_order)


def _row(cell: Planned, processes: Sequence[Process], block: _Block) -> Row:
    row = planned(cell, processes)
    if cell.id not in block.times:
        return row
    batch = intervals.mean(list(block.times[cell.id].values()), block.confidence)
    least = block.limits.get(cell.id)
    timed = replace(
        row,
        batch_seconds=batch.estimate,
        batch_low=batch.low,
        batch_high=batch.high,
        startup_seconds=_median([process.startup_seconds for process in processes]),
        one_shot_seconds=_median([process.one_shot_seconds for process in processes]),
        limit_seconds=least,
        of_limit=least / batch.estimate if least is not None else None,
        rank=block.ranks.get(cell.id),
        client=processes[0].client,
        form=processes[0].form,
        notes=tuple(dict.fromkeys(note for process in processes for note in process.notes)),
        **costs(processes, cell.tasks),
        **(probe_columns(block.probes[cell.id]) if cell.id in block.probes else {}),
    )
    speedup = block.reference and intervals.ratio(
        block.reference, block.times[cell.id], block.confidence
    )
    if not speedup:
        return timed
    return replace(
        timed, speedup=speedup.estimate, speedup_low=speedup.low, speedup_high=speedup.high
    )


def _median(seconds: Sequence[float]) -> float | None:
    known = [value for value in seconds if not isnan(value)]
    return median(known) if known else None


def planned(cell: Planned, processes: Sequence[Process]) -> Row:
    return Row(
        workload=cell.workload.name,
        workload_params=cell.workload.params,
        strategy=cell.strategy.name,
        strategy_params=cell.strategy.params,
        tasks=cell.tasks,
        workers=cell.workers,
        side=cell.side,
        status=cell.status,
        reason=cell.reason,
        rounds=len(processes),
        id=cell.id,
        block=cell.block,
        reference=cell.reference,
        workload_unusual=cell.workload.unusual,
        strategy_unusual=cell.strategy.unusual,
    )


def _order(row: Row) -> tuple[float, float, int]:
    unmeasured = float("inf")
    return (
        unmeasured if row.rank is None else row.rank,
        unmeasured if row.batch_seconds is None else row.batch_seconds,
        row.id,
    )
