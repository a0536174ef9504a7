"""A side's own plan, made in its interpreter: its plug-ins decide what cells there are.

Standard library only: runs where nothing else of ours may be installed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

from ..errors import UsageError
from ..plan.cells import Planned, plan
from ..plan.plugins import Kind
from ..plan.selection import DEFAULTS, selected
from ..spec import Cell, Spec

KINDS: Mapping[str, Kind] = {"workload": "workloads", "strategy": "strategies"}
SETTINGS = ("workload", "strategy", "param", "tasks", "workers", "start", "reference")
"""What decides the cells."""


def main() -> None:
    """Read settings as JSON, write cells, what is missing, or an error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a plug-in that prints, or its child that does, must not be in the way
    given = json.load(sys.stdin)
    with answers:
        try:
            answers.write(json.dumps(planned(given)))
        except UsageError as error:
            answers.write(json.dumps({"error": str(error)}))


def planned(given: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of settings in this interpreter, and what of the selection does not exist here."""
    wanted, missing = dict(given), []
    for key, kind in KINDS.items():
        there, absent = _there(kind, given[key] or DEFAULTS[kind])
        wanted[key] = there
        missing += absent
    cells = plan(SimpleNamespace(**wanted))  # type: ignore[arg-type]  # the part that decides
    return {"cells": [asdict(one) for one in cells], "missing": missing}


def restored(found: Mapping[str, Any]) -> Planned:
    """A planned cell from what `asdict` made of it."""
    cell = found["cell"]
    specs = Spec(**cell["workload"]), Spec(**cell["strategy"])
    return Planned(**{**found, "cell": Cell(*specs, cell["tasks"])})


def _there(kind: Kind, texts: list[str] | tuple[str, ...]) -> tuple[list[str], list[str]]:
    there, missing = [], []
    for text in texts:
        try:
            if not text.startswith("!"):
                list(selected(kind, [text]))
            there.append(text)
        except UsageError as error:
            missing.append(str(error))
    if missing and all(text.startswith("!") for text in there):
        raise UsageError("; ".join(missing))
    return there, missing
