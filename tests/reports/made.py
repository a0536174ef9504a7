"""Run folders made up for tests, written as the driver writes them: known times, known answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyperf

from concbench.reports.analysis.cells import Row


@dataclass
class Made:
    """A cell, and its seconds per measured batch in each round; None where it failed.

    `switches` are voluntary and involuntary; `probe` is what stands in probes.json beside the id;
    `python` is the version of its interpreter.
    """

    strategy: str
    seconds: Sequence[float | None] = ()
    workload: str = "io_sleep"
    params: dict[str, Any] = field(default_factory=lambda: {"seconds": 0.01})
    strategy_params: dict[str, Any] = field(default_factory=dict)
    unusual: tuple[str, ...] = ()
    tasks: int = 64
    measured_tasks: int | None = None
    workers: int = 16
    block: int = 0
    reference: bool = False
    status: str = "measured"
    reason: str = ""
    own_cpu: float = 0.001
    in_process: bool = True
    form: str = "blocking"
    client: str = ""
    notes: str = ""
    cpu: float | None = None
    switches: tuple[float, float] | None = None
    gil: bool | None = None
    gil_first: bool | None = None
    jit: bool | None = None
    loop: str = ""
    cgroup: float | None = None
    parts: tuple[float, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    probe: dict[str, Any] | None = None
    startup: float = 0.0003
    first: float | None = None
    close: float = 0.0001
    side: str = ""
    pair: int | None = None
    answer: str = ""
    python: str = ""


def texts(row: Row) -> tuple[str, ...]:
    """The notes of a row, as tables word them."""
    return tuple(note.text for note in row.notes)


def sequential(seconds: Sequence[float | None], **more: Any) -> Made:
    return Made("sequential", seconds, workers=1, reference=True, **more)


def sided(sides: Mapping[str, Sequence[Made]]) -> list[Made]:
    """The cells of each side by its title, in blocks of its own; those at one place are a pair."""
    blocks = 1 + max(cell.block for cells in sides.values() for cell in cells)
    return [
        replace(cell, side=title, pair=pair, block=cell.block + place * blocks)
        for place, (title, cells) in enumerate(sides.items())
        for pair, cell in enumerate(cells)
    ]


def folder(path: Path, cells: Sequence[Made], **facts: Any) -> Path:
    """Write run.json, probes.json and a suite for each side of these cells, and give the path.

    They are numbered in this order; without a probe there is no probes.json.
    """
    path.mkdir(parents=True, exist_ok=True)
    path.joinpath("run.json").write_text(json.dumps(run_json(cells, **facts)))
    for place, side in enumerate(dict.fromkeys(cell.side for cell in cells), 1):
        benchmarks = [
            pyperf.Benchmark(runs)
            for number, cell in enumerate(cells)
            if cell.side == side and (runs := _runs(number, cell))
        ]
        if benchmarks:
            pyperf.BenchmarkSuite(benchmarks).dump(str(path / _samples(place)), replace=True)
    probes = [
        {"cell": number, **cell.probe}
        for number, cell in enumerate(cells)
        if cell.probe is not None
    ]
    if probes:
        path.joinpath("probes.json").write_text(json.dumps({"schema": 1, "cells": probes}))
    return path


def run_json(cells: Sequence[Made], **facts: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "id": "0001-20261121T045000Z",
        "concbench": "0.1.0",
        "argv": ["run"],
        "started": "2026-11-21T04:50:00Z",
        "ended": "2026-11-21T04:51:00Z",
        "state": "finished",
        "seed": 123,
        "budget_seconds": 60.0,
        "rounds_limit": None,
        "timeout_seconds": 60.0,
        "reference": "sequential",
        "cells": [_cell(number, cell) for number, cell in enumerate(cells)],
        "order": [],
        "canary": [{"round": 0, "cpus": 2, "delivered": 1.95}],
        "environment": {
            "python": "3.11.7",
            "implementation": "CPython",
            "gil": True,
            "cpus": 2,
            "start_method": "fork",
        },
        "git": None,
        "failures": [],
        "warnings": [],
        "sides": [
            _side(place, title)
            for place, title in enumerate(dict.fromkeys(cell.side for cell in cells), 1)
            if title
        ],
        **facts,
    }


def _side(place: int, title: str) -> dict[str, str]:
    name, _, exact = title.partition(" (")
    about = {"title": title, "name": name, "exact": exact.rstrip(")"), "python": "/python"}
    return {**about, "samples": _samples(place)}


def _samples(place: int) -> str:
    return f"samples-{place}.json" if place > 1 else "samples.json"


def _name(cell: Made) -> str:
    return f"{cell.workload}{cell.params} x {cell.tasks} / {cell.strategy}{cell.strategy_params}"


def _cell(number: int, cell: Made) -> dict[str, Any]:
    return {
        "id": number,
        "name": _name(cell),
        "workload": {"name": cell.workload, "target": "made:Up", "params": cell.params},
        "strategy": {
            "name": cell.strategy,
            "target": "made:Up",
            "params": cell.strategy_params,
            "unusual": list(cell.unusual),
        },
        "tasks": cell.tasks,
        "measured_tasks": cell.measured_tasks or cell.tasks,
        "workers": cell.workers,
        "block": cell.block,
        "reference": cell.reference,
        "loops": 1,
        "status": cell.status,
        "reason": cell.reason,
        **({"side": cell.side, "pair": cell.pair} if cell.side else {}),
    }


def _runs(number: int, cell: Made) -> list[pyperf.Run]:
    return [
        pyperf.Run(
            [seconds],
            metadata=_metadata(number, cell, round_number, seconds),
            collect_metadata=False,
        )
        for round_number, seconds in enumerate(cell.seconds)
        if seconds is not None
    ]


def _metadata(number: int, cell: Made, round_number: int, seconds: float) -> dict[str, Any]:
    told = {
        "name": _name(cell),
        "cb_cell": number,
        "cb_round": round_number,
        "cb_position": number,
        "cb_workload": cell.workload,
        "cb_workload_params": json.dumps(cell.params),
        "cb_strategy": cell.strategy,
        "cb_strategy_params": json.dumps(cell.strategy_params),
        "cb_tasks": cell.tasks,
        "cb_measured_tasks": cell.measured_tasks or cell.tasks,
        "cb_workers": cell.workers,
        "cb_startup_s": cell.startup,
        "cb_first_batch_s": seconds if cell.first is None else cell.first,
        "cb_close_s": cell.close,
        "cb_own_cpu_s": cell.own_cpu,
        "cb_in_process": int(cell.in_process),
        "cb_form": cell.form,
        "cb_client": cell.client,
        "cb_notes": cell.notes,
        "cb_cpu_s": cell.cpu,
        "cb_voluntary_switches": cell.switches and cell.switches[0],
        "cb_involuntary_switches": cell.switches and cell.switches[1],
        "cb_gil": cell.gil if cell.gil is None else int(cell.gil),
        "cb_gil_first": cell.gil_first if cell.gil_first is None else int(cell.gil_first),
        "cb_jit": cell.jit if cell.jit is None else int(cell.jit),
        "cb_loop": cell.loop,
        "cb_cgroup_cpus": cell.cgroup,
        "cb_part_seconds": json.dumps(cell.parts) if cell.parts else "",
        "cb_metrics": json.dumps(cell.metrics) if cell.metrics else "",
        "cb_side": cell.side,
        "cb_answer": cell.answer,
        "python_version": f"{cell.python} (64-bit)" if cell.python else "",
        "python_implementation": "cpython" if cell.python else "",
    }
    one_line = {k: v.replace("\n", " ") if isinstance(v, str) else v for k, v in told.items()}
    return {key: value for key, value in one_line.items() if value not in ("", None)}
