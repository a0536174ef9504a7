"""A run in the formats of other tools, by name.

Each imports what it needs when it is asked for: pandas alone takes half a second.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from ..errors import DamagedRun
from ..run.stored import Stored

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


def _csv(stored: Stored) -> str:
    from ..analysis.records import cells_csv

    return cells_csv(stored)


def _markdown(stored: Stored) -> str:
    from . import summary

    return summary.document(stored)


def _github(stored: Stored) -> str:
    """The step summary of a workflow, to be appended to what an earlier step wrote.

    It begins with an empty line, for a text that does not end with one.
    """
    from .table import escaped

    return f"\n## concbench {escaped(stored.run.id)}\n\n{_markdown(stored)}\n"


def _html(stored: Stored) -> str:
    from .. import page

    return page.rendered([stored])


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


def _openmetrics(stored: Stored) -> str:
    from . import openmetrics

    return openmetrics.rendered(stored)


def _benchstat(stored: Stored) -> str:
    from . import benchstat

    return benchstat.rendered(stored)


def _json(stored: Stored) -> str:
    """Everything a report says, unrounded, as one object; NaN is null."""
    from ..analysis import records, tables, verdict

    processes = zip(records.processes(stored), stored.processes, strict=True)
    facts = ("id", "concbench", "started", "ended", "state", "seed", "reference", "argv")
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
        "verdicts": [
            verdict.sentence(block.name, block.rows, block.names) for block in tables.blocks(stored)
        ],
        "cells": records.cells(stored),
        "processes": [{**record, "values": process.values} for record, process in processes],
        "metrics": records.metrics(stored),
        "differences": records.differences(stored),
        "sides": records.sides(stored),
    }
    return json.dumps(_finite(document), indent=1, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value


_FORMATS: dict[str, Callable[[Stored], str | bytes]] = {
    "csv": _csv,
    "md": _markdown,
    "json": _json,
    "parquet": _parquet,
    "html": _html,
    "pyperf": _pyperf,
    "github": _github,
    "openmetrics": _openmetrics,
    "benchstat": _benchstat,
}
FORMATS = tuple(_FORMATS)
