"""One row per cell: all that a table, a verdict or a file says about it, its limit included."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from ..run.notes import Note
from ..run.probes import Probed
from ..run.samples import Process
from ..run.schema import Planned
from ..run.stored import Stored
from ..stats import intervals, ranks, stopping
from ..stats.ranks import Standing
from . import explanations, once, spread
from .spread import Spread

Times = Mapping[int, float]  # round -> seconds per batch


@dataclass(frozen=True, kw_only=True)
class Row:
    """A cell and its numbers; None where there is none.  Failed cells have no numbers at all.

    `limit_seconds` is the block's, `own_limit_seconds` that of its own client and tasks in flight.

    `batch_seconds` is the geometric mean over rounds, `startup_seconds`, `one_shot_seconds`, CPU,
    switches and metrics are medians; all are of `tasks` tasks.  Memory, tasks in flight and the
    seconds of waiting, running and lag are of one untimed pass.  `left_behind` is "" when that left
    nothing, None when nobody looked.  The rank lies from `rank_low`, which is `rank`, to
    `rank_high`; the fields up to that are the columns of cells.csv.  `limit_doubt` says why there
    is no limit where one could have been.
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
    rank_low: int | None = None
    rank_high: int | None = None
    id: int
    child_startup_seconds: float | None = None
    block: int
    reference: bool
    workload_unusual: tuple[str, ...] = ()
    strategy_unusual: tuple[str, ...] = ()
    client: str = ""
    form: str = ""
    notes: tuple[Note, ...] = ()
    standing: Standing | None = None
    limit_doubt: str = ""
    own_limit_seconds: float | None = None
    spread: Spread | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Block:
    """What a row needs to know of the others."""

    confidence: float
    times: Mapping[int, Times]
    reference: Times | None
    limits: Mapping[int, float]
    standings: Mapping[int, Standing]
    probes: Mapping[int, Probed]


def rows(stored: Stored) -> list[Row]:
    """Every cell of the plan, table by table."""
    return [row for cells in stored.blocks().values() for row in block(stored, cells)]


def block(stored: Stored, cells: Sequence[Planned]) -> list[Row]:
    """The rows of one block: the fastest first, then what has no rank, then no time."""
    confidence = level(stored, cells)
    times = {
        cell.id: stored.times(cell.id)
        for cell in cells
        if cell.status == "measured" and stored.of(cell.id)
    }
    reference = next(
        (times[cell.id] for cell in cells if cell.reference and cell.id in times), None
    )
    standings = ranks.standings(times, 1 - confidence, stored.run.margin)
    known = _Block(confidence, times, reference, limits(stored, cells), standings, stored.probes)
    bare = [_placed(_row(cell, stored.of(cell.id), known), stored) for cell in cells]
    bare = once.checked(spread.adjusted(bare, stored), stored)
    rows = explanations.annotate(_with_doubt(bare, stored), stored)
    place = {cell: place for place, cell in enumerate(standings)}
    return sorted(
        rows,
        key=lambda row: (place.get(row.id, math.inf), row.batch_seconds or math.inf, row.id),
    )


def _placed(row: Row, stored: Stored) -> Row:
    """The row; of one that failed the reason says in which file and line."""
    place = stored.run.places.get(row.id) if row.status == "failed" else None
    return replace(row, reason=f"{row.reason} ({place})") if place else row


BUSY = 0.8
"""Of its CPUs; a round that got fewer shows a machine on which no limit can be told."""


def _with_doubt(rows: Sequence[Row], stored: Stored) -> Sequence[Row]:
    """The rows without limits, where cells beyond theirs show that those are not known.

    What the reference waited and computed is then of another machine, as it were, than what the
    others had.  On a calm machine a whole interval beyond its limit is an error of measuring, and
    stays.
    """
    past = [row for row in rows if row.of_limit is not None and row.of_limit > explanations.BEYOND]
    if not past:
        return rows
    cpus = float(stored.run.environment.get("cpus") or 1)
    busy = min(stored.run.delivered) < BUSY * cpus
    if not busy and any(map(explanations.beyond, past)):
        return rows
    why = "other programs took CPUs" if busy else "its rounds differ too much"
    return [
        replace(row, limit_seconds=None, of_limit=None, own_limit_seconds=None, limit_doubt=why)
        if row.limit_seconds
        else row
        for row in rows
    ]


def level(stored: Stored, cells: Sequence[Planned]) -> float:
    """The confidence of a block's intervals: a number of rounds fixed beforehand spends nothing."""
    if stored.run.rounds_limit is not None:
        return intervals.CONFIDENCE
    first = stopping.EARLY_LOOK if stored.advice else stopping.FIRST_LOOK
    rounds = {number for cell in cells for number in stored.times(cell.id)}
    return stopping.confidence(len(rounds), first)


def _row(cell: Planned, processes: Sequence[Process], block: _Block) -> Row:
    row = planned(cell, processes)
    probe = block.probes.get(cell.id)
    if probe and cell.status != "failed":
        row = replace(row, **_probe_columns(probe))
    times = block.times.get(cell.id)
    if not times:
        return row
    batch = intervals.mean(list(times.values()), block.confidence)
    least, standing = block.limits.get(cell.id), block.standings.get(cell.id)
    timed = replace(
        row,
        batch_seconds=batch.estimate,
        batch_low=batch.low,
        batch_high=batch.high,
        startup_seconds=_median(process.startup_seconds for process in processes),
        one_shot_seconds=_median(process.one_shot_seconds for process in processes),
        child_startup_seconds=_median(process.child_startup_seconds for process in processes),
        limit_seconds=least,
        of_limit=least / batch.estimate if least is not None else None,
        rank=standing.low if standing else None,
        rank_low=standing.low if standing else None,
        rank_high=standing.high if standing else None,
        standing=standing,
        client=processes[0].client,
        form=processes[0].form,
        notes=tuple(dict.fromkeys(note for process in processes for note in process.notes)),
        **_costs(processes, cell.tasks),
    )
    speedup = block.reference and intervals.ratio(block.reference, times, block.confidence)
    if not speedup:
        return timed
    return replace(
        timed, speedup=speedup.estimate, speedup_low=speedup.low, speedup_high=speedup.high
    )


def _costs(processes: Sequence[Process], tasks: int) -> dict[str, Any]:
    """Fields of a row: medians per batch over the processes that know; absent where none does."""
    cpu = _median(process.cpu_seconds for process in processes)
    names = dict.fromkeys(name for process in processes for name in process.metrics)
    return {
        "cpu_seconds": cpu,
        "cpu_per_task_seconds": None if cpu is None else cpu / tasks,
        "voluntary_switches": _median(process.voluntary_switches for process in processes),
        "involuntary_switches": _median(process.involuntary_switches for process in processes),
        "metrics": {
            name: median(one.metrics[name] for one in processes if name in one.metrics)
            for name in names
        },
    }


def _probe_columns(probe: Probed) -> dict[str, Any]:
    """Fields of a row, from the untimed pass: only those that there are."""
    fields: dict[str, Any] = {}
    if memory := probe.memory:
        fields["peak_bytes"] = memory.peak_pss_bytes
        fields["over_empty_bytes"] = memory.over_empty_bytes
        fields["per_worker_bytes"] = memory.per_worker_bytes
    if latency := probe.latency:
        spans = {"waiting": latency.waiting_seconds, "running": latency.running_seconds}
        for span, quantiles in spans.items():
            fields |= {f"{span}_{name}_seconds": value for name, value in vars(quantiles).items()}
    if concurrency := probe.concurrency:
        fields |= {"in_flight_mean": concurrency.mean, "in_flight_most": concurrency.most}
    if lag := probe.lag:
        fields |= {f"lag_{name}_seconds": getattr(lag, name) for name in ("p50", "p99", "max")}
    if probe.left is not None:
        fields["left_behind"] = "; ".join(probe.left)
    return fields


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None and not math.isnan(value)]
    return median(known) if known else None


def planned(cell: Planned, processes: Sequence[Process]) -> Row:
    """What is known of a cell without its times."""
    same = ("tasks", "workers", "side", "status", "reason", "id", "block", "reference", "tags")
    return Row(
        workload=cell.workload.name,
        workload_params=cell.workload.params,
        workload_unusual=cell.workload.unusual,
        strategy=cell.strategy.name,
        strategy_params=cell.strategy.params,
        strategy_unusual=cell.strategy.unusual,
        rounds=len(processes),
        **{name: getattr(cell, name) for name in same},
    )


def limits(stored: Stored, cells: Sequence[Planned]) -> dict[int, float]:
    """The least seconds that any strategy could take, on this machine, by id of a measured cell.

    A task waits and computes u CPU seconds; of both the least is taken that was seen.  However it
    is run, `in flight` tasks are on their way at the same time and the CPUs delivered share the
    computing:

        limit = max(ceil(tasks / in flight) * (wait + u), tasks * u / CPUs delivered)

    What that rests on:

    - Tasks are alike.
    - What sequential's wall time is more than its CPU seconds, it waits; where its tasks use
      several CPUs at once that is less than nothing, and the turn is as short as a task alone.
    - u is the least CPU per task of any cell with the same form and client: another client needs
      not cost the same.  It is that of the whole process tree, which a pool's children are part of,
      and children that a workload starts itself; what computes outside of it is not seen.  Of cells
      in one process its own will do; where children computed and nobody counted, a cell says
      nothing of u.
    - In flight are its workers, or what a probe saw if that is more: some strategies start
      everything at once.  For sequential it is the most that any other cell had.
    - A quota of the control group allows no more CPUs than that.
    - CPUs delivered are what the canary saw in the best of the rounds that count: the least time is
      that of the machine at its best, as wait and u are.  Where rounds had much less, pools of
      processes stay below their limit by that much, and the header says so.

    Empty without a reference that runs one task at a time in its own process, as sequential does:
    the waiting of a task is seen in no other.
    """
    measured = [(cell, stored.of(cell.id)) for cell in cells if cell.status == "measured"]
    timed = [(cell, processes) for cell, processes in measured if processes]
    wait = _waiting(timed)
    if wait is None:
        return {}
    computing: dict[tuple[str, str], float] = {}
    for cell, processes in timed:
        spent = [seconds for one in processes if (seconds := _computing(one)) is not None]
        if spent:
            least = computing.get(_client(processes), math.inf)
            computing[_client(processes)] = min(least, median(spent) / cell.tasks)
    quotas = [one.cgroup_cpus for _, own in timed for one in own if one.cgroup_cpus is not None]
    cpus = min(max(stored.run.delivered), *quotas, math.inf)
    at_once = {cell.id: _in_flight(stored, cell) for cell in cells}
    # Sequential has one in flight; what it could have had is what the others had.
    at_once |= {cell.id: max(at_once.values()) for cell in cells if cell.reference}
    return {
        cell.id: limit(cell.tasks, at_once[cell.id], wait, computing[_client(processes)], cpus)
        for cell, processes in timed
        if _client(processes) in computing
    }


def limit(tasks: int, in_flight: int, wait: float, cpu: float, cpus: float) -> float:
    """Seconds for a batch of tasks that each wait and compute so many seconds."""
    return max(math.ceil(tasks / in_flight) * max(0.0, wait + cpu), tasks * cpu / cpus)


def _in_flight(stored: Stored, cell: Planned) -> int:
    probe = stored.probes.get(cell.id)
    most_seen = probe.concurrency.most if probe and probe.concurrency else 0
    return cell.workers if cell.reference else max(cell.workers, most_seen)


def _waiting(timed: Sequence[tuple[Planned, Sequence[Process]]]) -> float | None:
    """Seconds that a task of the reference waits; below 0 where it computes on several CPUs."""
    cell, alone = next((one for one in timed if one[0].reference), (None, ()))
    if cell is None or cell.workers > 1 or not all(process.in_process for process in alone):
        return None
    # The least and not the median: what a busy machine makes a task wait is no part of its limit.
    wait = min(process.seconds - (_computing(process) or 0.0) for process in alone)
    return wait / cell.tasks


def _computing(process: Process) -> float | None:
    if process.cpu_seconds is not None:
        return max(process.cpu_seconds, process.own_cpu_seconds)
    return process.own_cpu_seconds if process.in_process else None


def _client(processes: Sequence[Process]) -> tuple[str, str]:
    """The form of the workload that ran, and the library that it says it used."""
    return processes[0].form, processes[0].client
