"""Runs as pandas frames.

Every function takes one run or a sequence of them; of several, a first column `run` holds the run's
id.  Seconds are floats, and those of a batch are of all its `tasks` (scaled where a sample was
measured).  Parameters and metrics are dicts.  What is absent is NaN, None in texts, NA in `rank`
and all other columns of type Int64 or boolean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from ..run.stored import Stored
from ..sweeps import fits as swept
from . import records

Runs: TypeAlias = Stored | Sequence[Stored]
Records: TypeAlias = Callable[[Stored], Iterable[Mapping[str, Any]]]

# Of a frame without a row, too, and of a column without a number.
TYPES = {
    **dict.fromkeys(("round", "position", "tasks", "workers", "rounds", "value"), "int64"),
    **dict.fromkeys(("in_process", "different"), "bool"),
    **{name: "float64" for name in (*records.CELLS, *records.PROCESSES) if "seconds" in name},
    **dict.fromkeys(("batch_low", "batch_high", "of_limit", "in_flight_mean", "p"), "float64"),
    **dict.fromkeys(("voluntary_switches", "involuntary_switches", "per_worker_bytes"), "float64"),
    **dict.fromkeys(("other_seconds", "delivered", "per_batch", "per_task"), "float64"),
    **dict.fromkeys(("gil", "low"), "boolean"),
    **dict.fromkeys(("peak_bytes", "over_empty_bytes", "in_flight_most"), "Int64"),
    **dict.fromkeys(("speedup", "speedup_low", "speedup_high"), "float64"),
    **dict.fromkeys(("ratio", "ratio_low", "ratio_high"), "float64"),
    **dict.fromkeys(("rank", "rank_low", "rank_high"), "Int64"),
    **dict.fromkeys(swept.FITS[swept.FITS.index("contention") :], "float64"),
    **dict.fromkeys(("first", "last", "at", "at_low", "at_high"), "float64"),
    "points": "int64",
    "leading": "bool",
}


def values(runs: Runs) -> pd.DataFrame:
    """One row a value: round, position (int), the cell, `value` (int, from 0), `seconds` (float).

    The cell is `workload`, `workload_params`, `strategy`, `strategy_params`, `tasks`, `workers` and
    `side`, the title of its side, "" of a run without.
    """
    return _frame(runs, records.values, records.VALUES)


def processes(runs: Runs) -> pd.DataFrame:
    """One row a worker process, the unit of statistics, in the order they ran: rounds.csv.

    `seconds` is the median of the process's values; `startup_seconds`, `first_batch_seconds`,
    `close_seconds`, `one_shot_seconds` and `own_cpu_seconds` are float; `in_process` is bool.
    `cpu_seconds` (float) is the CPU of the whole process tree per batch, `voluntary_switches` and
    `involuntary_switches` (float) are its context switches per batch; `metrics` (dict) is what the
    workload counted per batch, `gil` (boolean) whether it was on, `loop` the class of the event
    loop, `child_startup_seconds` (float) the CPU that a child took to start.  Of the round:
    `delivered` (float), the CPUs it had, and `low` (boolean), whether those were much fewer than
    the others'.
    """
    return _frame(runs, records.processes, records.PROCESSES)


def cells(runs: Runs) -> pd.DataFrame:
    """One row a cell, unrounded: cells.csv.

    `rank`, the least that it may have, `rank_low` and `rank_high` are Int64; all seconds, speed-ups
    (times the reference) and `of_limit` (a share, 1 is the limit) are float.  `cpu_seconds` and
    context switches (float) are medians per batch, `cpu_per_task_seconds` per task.  `peak_bytes`
    and `over_empty_bytes` (Int64) and `per_worker_bytes` (float) are PSS of the whole process tree.
    `waiting_` and `running_` are of tasks, `lag_` of event loops; `in_flight_mean` (float) and
    `in_flight_most` (Int64) are tasks.  `left_behind` is a text, `metrics` (dict) what the workload
    counted per batch.
    """
    return _frame(runs, records.cells, records.CELLS)


def metrics(runs: Runs) -> pd.DataFrame:
    """One row for each cell and each thing that its workload counted.

    `metric` is its name, `per_batch` (float) the median over the processes of the cell, in the
    workload's own unit, and `per_task` (float) that over `tasks`.
    """
    return _frame(runs, records.metrics, records.METRICS)


def differences(runs: Runs) -> pd.DataFrame:
    """One row for each pair of strategies of a workload, paired by round.

    `ratio`, `ratio_low`, `ratio_high` (float): the seconds of `other` over those of `strategy`,
    with its interval; `p` (float): after Holm among the pairs of either; `different` (bool);
    `rounds` (int): those that both ran in.
    """
    return _frame(runs, records.differences, records.DIFFERENCES)


def sides(runs: Runs) -> pd.DataFrame:
    """One row for each cell of the first side and the same cell of each other, paired by round.

    `ratio`, `ratio_low`, `ratio_high` (float): the seconds of `other` on `other_side` over those of
    `strategy` on `side`, with its interval; `seconds` and `other_seconds` (float): geometric means;
    `p` (float): after Holm over all rows of the run; `rounds` (int): those that both ran in.
    `word`: slower, faster, no difference, unclear, other work (the answers differ: there is no
    ratio), or missing in one of them.
    """
    return _frame(runs, records.sides, records.SIDES)


def fits(runs: Runs) -> pd.DataFrame:
    """One row for each line of a sweep: what its times follow over `axis`.

    Over workers `law` is USL or Amdahl, "" where none was fitted; `outcome` is one of
    `reports.stats.scaling.Scaling`.  `contention`, `coherency` (shares of the time of one worker),
    `stops` (workers, infinity beyond the last point), `peak` (times as fast as at `first`) and
    `enough` (workers) are float, as are the bounds with `_low` and `_high`.  Over another axis
    `law` is line: `start_seconds` is what any batch takes, `each_seconds` what each of the axis
    more does.  `misfit` (float): how far its points lie off, besides noise, as a share.
    """
    return _frame(runs, swept.fits, swept.FITS)


def crossovers(runs: Runs) -> pd.DataFrame:
    """One row for each place on an axis where two lines of a sweep cross.

    `strategy` is faster below `at` (float, with `at_low` and `at_high`) and `other` above it;
    `leading` (bool): both are the fastest of all there.
    """
    return _frame(runs, swept.crossovers, swept.CROSSOVERS)


def _frame(runs: Runs, rows: Records, columns: Sequence[str]) -> pd.DataFrame:
    if isinstance(runs, Stored):
        frame = pd.DataFrame(list(rows(runs)), columns=list(columns))
    else:
        each = [{"run": stored.run.id, **row} for stored in runs for row in rows(stored)]
        frame = pd.DataFrame(each, columns=["run", *columns])
    return frame.astype({column: TYPES[column] for column in columns if column in TYPES})
