"""A run in the formats of other tools, by name.

Pandas and the page load when they are asked for: pandas alone takes half a second.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from .. import page
from ..analysis import records, tables
from ..analysis.tables import Group
from ..errors import DamagedRun
from ..run.schema import Planned, Plugin
from ..run.stored import Stored
from ..sweeps import fits
from ..table import escaped
from . import summary

LIBRARIES = {"parquet": "pyarrow"}
"""What a format needs that only the extra of its name brings."""

SCHEMA = 1
"""Of the JSON, which SCHEMA.md describes."""


def check(form: str) -> None:
    """Raise ImportError, with the command that mends it, where its extra is not installed.

    Imports nothing, so that it can be asked before anything is measured.
    """
    library = LIBRARIES.get(form)
    if library and find_spec(library) is None:
        raise ImportError(
            f"{form} needs {library}: install it with: pip install 'concbench[{form}]'"
        )


def rendered(stored: Stored, form: str) -> str | bytes:
    """The run in one of FORMATS, as text or, where the format is binary, as bytes.

    Raises ImportError as `check` does.
    """
    check(form)
    return _FORMATS[form](stored)


def _github(stored: Stored) -> str:
    """The step summary of a workflow, to be appended to what an earlier step wrote.

    It begins with an empty line, for a text that does not end with one.
    """
    return f"\n## concbench {escaped(stored.run.id)}\n\n{summary.document(stored)}\n"


def _parquet(stored: Stored) -> bytes:
    """The frame of values, the cell in every row; parameters are JSON texts."""
    from ..analysis import frames

    frame = frames.values(stored)
    for column in ("workload_params", "strategy_params"):
        frame[column] = frame[column].map(json.dumps)
    file = io.BytesIO()
    frame.to_parquet(file, engine="pyarrow", index=False)
    return file.getvalue()


def _pyperf(stored: Stored) -> bytes:
    """The bytes of samples.json, or of the file that was read.

    Raises DamagedRun without samples, and of several sides: those are as many suites.
    """
    if not stored.processes:
        raise DamagedRun(f"{stored.run.id} has no samples: nothing was measured")
    named = stored.folder / stored.run.id
    if named.is_file():
        return named.read_bytes()
    if len(stored.run.sides) > 1:
        suites = "\n".join(
            f"  {stored.folder / side.samples}: {side.title}" for side in stored.run.sides
        )
        raise DamagedRun(
            f"{stored.run.id} has several sides, and pyperf's file holds one: take theirs\n{suites}"
        )
    return (stored.folder / "samples.json").read_bytes()


def _json(stored: Stored) -> str:
    """Everything a report says, unrounded, as one object; NaN is null."""
    processes = zip(records.processes(stored), stored.processes, strict=True)
    facts = ("id", "concbench", "started", "ended", "state", "seed", "reference", "argv")
    blocks = tables.blocks(stored)
    document = {
        "schema": SCHEMA,
        "run": {
            **{key: getattr(stored.run, key) for key in facts},
            **{key: getattr(stored.run, key) for key in ("environment", "git", "warnings")},
            **{
                key: [vars(one) for one in getattr(stored.run, key)]
                for key in ("sides", "canary", "failures")
            },
        },
        "verdicts": [f"{block.name}: {block.conclusion.sentence}" for block in blocks],
        "conclusions": [_conclusion(block) for block in blocks],
        "cells": records.cells(stored),
        "processes": [{**record, "values": process.values} for record, process in processes],
        "metrics": records.metrics(stored),
        "differences": records.differences(stored),
        "sides": records.sides(stored),
        "side_means": records.side_means(stored),
        "fits": fits.fits(stored),
        "crossovers": fits.crossovers(stored),
    }
    return json.dumps(_finite(document), indent=1, allow_nan=False) + "\n"


def _conclusion(block: Group) -> dict[str, Any]:
    """The verdict on a block for a machine; its words are in `verdicts`."""
    found = block.conclusion
    seconds = found.terms.round_seconds
    return {
        "name": block.name,
        "outcome": found.outcome,
        "first": found.leaders,
        "beside": [found.names[row.id] for row in found.beside],
        "no_gain": [found.names[row.id] for row in found.no_gain],
        "reference": found.rival or None,
        "margin": found.terms.margin,
        "more_rounds": found.more_rounds or None,
        "more_seconds": found.more_rounds * seconds if found.more_rounds and seconds else None,
        "doubt": found.doubt,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value


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
    ("rank", "concbench_rank", "", "The least that it may have; 1 is the fastest."),
    ("rank_high", "concbench_rank_high", "", "The highest; the same where the rank is certain."),
    ("rounds", "concbench_rounds", "", "Worker processes that gave times; 0 where it failed."),
)


def _openmetrics(stored: Stored) -> str:
    """Gauges labelled with workload, strategy, their parameters, tasks, workers and any side.

    The format, for a scraper or a push gateway: https://prometheus.io/docs/specs/om/open_metrics_spec/
    """
    cells, lines = records.cells(stored), []
    for column, name, unit, words in METRICS:
        measured = [cell for cell in cells if cell[column] is not None]
        measured = [cell for cell in measured if math.isfinite(cell[column])]
        if measured:
            about = {"TYPE": "gauge", "UNIT": unit, "HELP": words}
            lines += [f"# {key} {name} {text}" for key, text in about.items() if text]
        lines += [f"{name}{{{_labels(cell)}}} {float(cell[column])!r}" for cell in measured]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _labels(cell: dict[str, Any]) -> str:
    keys = ("workload", "workload_params", "strategy", "strategy_params", "tasks", "workers")
    labels = {key: _text(cell[key]) for key in (*keys, "side") if key != "side" or cell["side"]}
    return ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _benchstat(stored: Stored) -> str:
    """Go's benchmark text, which benchstat compares: `benchstat -col /strategy`, or `-col /side`.

    Configuration lines, then a line for every worker process: what benchstat samples.  The number
    after a name's last dash is the workers, where Go has its processors.
    The format: https://golang.org/design/14313-benchmark-format
    """
    about = stored.run.environment
    configuration = {
        "tool": "concbench",
        "run": stored.run.id,
        "python": f"{about.get('implementation', '')} {about.get('python', '')}",
        "start-method": about.get("start_method", ""),
        "cpu": about.get("cpu_model", ""),
        "cpu-count": about.get("cpus", ""),
        "platform": about.get("platform", ""),
        "sides": "; ".join(side.title for side in stored.run.sides),
    }
    texts = {key: " ".join(str(value).split()) for key, value in configuration.items()}
    lines = [*(f"{key}: {text}" for key, text in texts.items() if text), ""]
    cells = {cell.id: cell for cell in stored.run.cells if cell.status == "measured"}
    names = {number: _name(cell) for number, cell in cells.items()}
    alike = Counter(names.values())
    for process in stored.processes:
        if cell := cells.get(process.cell):
            name = names[cell.id] + (f"/cell={cell.id}" if alike[names[cell.id]] > 1 else "")
            # One batch is one iteration, whatever its tasks.
            batches = len(process.values) * (cell.loops or 1)
            nanoseconds = f"{process.seconds * 1e9:.3f}"
            lines.append(f"Benchmark{name}-{cell.workers} {batches} {nanoseconds} ns/op")
    return "\n".join(lines) + "\n"


def _name(cell: Planned) -> str:
    workload, strategy = _called(cell.workload), _called(cell.strategy)
    # An upper-case letter must follow "Benchmark".
    first = workload[:1].upper()
    capital = first + workload[1:] if len(first) == 1 and first.isupper() else f"X{workload}"
    side = f"/side={_plain(cell.side)}" if cell.side else ""
    return f"{capital}/tasks={cell.tasks}/strategy={strategy}{side}"


def _called(plugin: Plugin) -> str:
    params = (f"{_plain(key)}={_plain(_text(value))}" for key, value in plugin.params.items())
    return "/".join([_plain(plugin.name), *params])


def _plain(part: str) -> str:
    # A blank would end the name, a slash begin its next part.
    return re.sub(r"[\s/\x00-\x1f\x7f-\x9f]", "_", part)


_FORMATS: dict[str, Callable[[Stored], str | bytes]] = {
    "csv": records.cells_csv,
    "md": summary.document,
    "json": _json,
    "parquet": _parquet,
    "html": page.rendered,
    "pyperf": _pyperf,
    "github": _github,
    "openmetrics": _openmetrics,
    "benchstat": _benchstat,
}
FORMATS = tuple(_FORMATS)
