"""Rows with every value there is, made up for the tests of tables: no run needs to be read."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from rich.console import Console

from concbench.reports.analysis import names
from concbench.reports.analysis.cells import Row
from concbench.reports.analysis.tables import USUAL, Group, View
from concbench.reports.render import summary
from concbench.reports.run.notes import Note

OTHER_CLIENT = Note("other-client", {"client": "aiohttp 3.14.5", "usual": "requests 2.34.2"})
STRATEGIES = {
    # name: seconds of a batch, CPU of a task, bytes, worst lag
    "asyncio": (0.0421, 210e-6, 29_000_000, 0.00184),
    "threading": (0.0424, 640e-6, 24_000_000, None),
    "asyncio+to_thread": (0.0456, 730e-6, 31_400_000, 0.0024),
    "multiprocessing": (0.0466, 870e-6, 172_000_000, None),
    "asyncio+processpool": (0.0471, 1.23e-3, 205_000_000, 0.233),
    "sequential": (0.652, 92e-6, 21_000_000, None),
}


def row(number: int, name: str, **more: Any) -> Row:
    seconds, cpu, memory, lag = STRATEGIES[name]
    reference = name == "sequential"
    found = Row(
        id=number,
        workload="io_sleep",
        workload_params={},
        strategy=name,
        strategy_params={} if reference else {"workers": 16},
        tasks=64,
        workers=1 if reference else 16,
        status="measured",
        reason="",
        rounds=8,
        block=0,
        reference=reference,
        rank=number % 6 + 1,
        batch_seconds=seconds,
        batch_low=seconds / 1.018,
        batch_high=seconds * 1.018,
        startup_seconds=0.0238,
        one_shot_seconds=0.0238 + seconds,
        speedup=0.652 / seconds,
        speedup_low=None if reference else 0.652 / seconds / 1.02,
        speedup_high=None if reference else 0.652 / seconds * 1.02,
        limit_seconds=0.0405,
        of_limit=0.0405 / seconds,
        cpu_per_task_seconds=cpu,
        voluntary_switches=1200.0,
        involuntary_switches=34.5,
        peak_bytes=memory,
        over_empty_bytes=memory // 20,
        per_worker_bytes=memory / 320,
        waiting_p99_seconds=0.0312,
        running_p99_seconds=0.0104,
        in_flight_mean=14.2,
        in_flight_most=16,
        lag_p99_seconds=lag and lag / 2,
        lag_max_seconds=lag,
        notes=(OTHER_CLIENT,) if name == "asyncio" else (),
    )
    return replace(found, **more)


def block(number: int = 0, workload: str = "io_sleep", **more: Any) -> Group:
    rows = tuple(
        row(6 * number + place, name, block=number, workload=workload, **more)
        for place, name in enumerate(STRATEGIES)
    )
    return Group(workload, rows, names.strategies(rows), block=True)


def matrix() -> list[Group]:
    return [
        block(),
        block(1, "http_get"),
        block(2, "cpu_sum", tasks=16),
    ]


def shown(
    blocks: list[Group], view: View = USUAL, width: int = 100, encoding: str = "ascii"
) -> str:
    written = io.BytesIO()
    file = io.TextIOWrapper(written, encoding=encoding, write_through=True)
    summary.show_tables(blocks, Console(file=file, width=width), view)
    return written.getvalue().decode(encoding)
