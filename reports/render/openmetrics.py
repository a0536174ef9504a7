"""OpenMetrics text, for a scraper or a push gateway.

The format: https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from ..analysis import records
from ..run.stored import Stored

# Column of cells.csv, metric, unit, help.
METRICS = (
    ("batch_seconds", "concbench_batch_seconds", "seconds", "A batch, in steady state."),
    ("batch_low", "concbench_batch_low_seconds", "seconds", "The low end of its interval."),
    ("batch_high", "concbench_batch_high_seconds", "seconds", "The high end of its interval."),
    ("startup_seconds", "concbench_startup_seconds", "seconds", "Opening the strategy."),
    ("one_shot_seconds", "concbench_one_shot_seconds", "seconds", "Start-up, batch and close."),
    ("limit_seconds", "concbench_limit_seconds", "seconds", "The least time possible."),
    ("speedup", "concbench_speedup_ratio", "ratio", "Times as fast as the reference."),
    ("speedup_low", "concbench_speedup_low_ratio", "ratio", "The low end of its interval."),
    ("speedup_high", "concbench_speedup_high_ratio", "ratio", "The high end of its interval."),
    ("of_limit", "concbench_of_limit_ratio", "ratio", "The limit over the batch."),
    ("cpu_seconds", "concbench_cpu_seconds", "seconds", "CPU of the process tree per batch."),
    ("peak_bytes", "concbench_peak_bytes", "bytes", "Peak memory of the process tree, as PSS."),
    ("over_empty_bytes", "concbench_over_empty_bytes", "bytes", "Over an empty workload's."),
    ("waiting_p99_seconds", "concbench_waiting_p99_seconds", "seconds", "Of a task to start."),
    ("running_p99_seconds", "concbench_running_p99_seconds", "seconds", "From start to end."),
    ("lag_p99_seconds", "concbench_lag_p99_seconds", "seconds", "Delay of the event loop."),
    ("lag_max_seconds", "concbench_lag_max_seconds", "seconds", "The longest of them."),
    ("rank", "concbench_rank", "", "1 is the fastest; ranks are shared where nothing differs."),
    ("rounds", "concbench_rounds", "", "Worker processes that gave times; 0 where it failed."),
)


def rendered(stored: Stored) -> str:
    """Gauges labelled with workload, strategy, their parameters, tasks, workers and any side."""
    cells = records.cells(stored)
    lines = [line for metric in METRICS for line in _family(metric, cells)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _family(metric: tuple[str, str, str, str], cells: list[dict[str, Any]]) -> Iterator[str]:
    column, name, unit, words = metric
    measured = [cell for cell in cells if _is_number(cell[column])]
    if measured:
        yield f"# TYPE {name} gauge"
        if unit:
            yield f"# UNIT {name} {unit}"
        yield f"# HELP {name} {words}"
    for cell in measured:
        yield f"{name}{{{_labels(cell)}}} {float(cell[column])!r}"


def _is_number(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _labels(cell: dict[str, Any]) -> str:
    labels = {
        "workload": cell["workload"],
        "workload_params": json.dumps(cell["workload_params"]),
        "strategy": cell["strategy"],
        "strategy_params": json.dumps(cell["strategy_params"]),
        "tasks": str(cell["tasks"]),
        "workers": str(cell["workers"]),
        **({"side": cell["side"]} if cell["side"] else {}),
    }
    return ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
