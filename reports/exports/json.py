"""Everything a report says, unrounded, as JSON; SCHEMA.md describes it."""

from __future__ import annotations

import json
import math
from typing import Any

from ..analysis import cells, names, records, verdict
from ..run.stored import Stored

SCHEMA = 1


def rendered(stored: Stored) -> str:
    """One object: schema, run, verdicts, cells, processes, metrics and so on; NaN is null."""
    tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
    said = zip(names.blocks(tables), tables, strict=True)
    record = {
        "schema": SCHEMA,
        "run": {
            "id": stored.run.id,
            "concbench": stored.run.concbench,
            "started": stored.run.started,
            "ended": stored.run.ended,
            "state": stored.run.state,
            "seed": stored.run.seed,
            "reference": stored.run.reference,
            "argv": stored.run.argv,
            "environment": stored.run.environment,
            "git": stored.run.git,
            "warnings": stored.run.warnings,
            "sides": [vars(one) for one in stored.run.sides],
            "canary": [vars(one) for one in stored.run.canary],
            "failures": [vars(one) for one in stored.run.failures],
        },
        "verdicts": [verdict.sentence(name, rows, names.strategies(rows)) for name, rows in said],
        "cells": records.cells(stored),
        "processes": [
            {**record, "values": process.values}
            for record, process in zip(records.processes(stored), stored.processes, strict=True)
        ],
        "metrics": records.metrics(stored),
        "differences": records.differences(stored),
        "sides": records.sides(stored),
    }
    return json.dumps(_finite(record), indent=1, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value
