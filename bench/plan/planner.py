"""The plan of a side, made in its own interpreter: its plug-ins decide which cells there are.

Standard library only: the interpreter may have nothing else.
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
from ..spec import Cell, Spec
from .cells import PlannedCell, plan
from .plugins import Kind
from .selection import DEFAULTS, selected

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
            answers.write(json.dumps(answer(given)))
        except UsageError as error:
            answers.write(json.dumps({"error": str(error)}))


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of settings in this interpreter, and what of the selection does not exist here."""
    wanted, missing = dict(given), []
    for key, kind in KINDS.items():
        wanted[key], absent = _existing(kind, given[key] or DEFAULTS[kind])
        missing += absent
    cells = plan(SimpleNamespace(**wanted))  # type: ignore[arg-type]  # the part that decides
    return {"cells": [asdict(one) for one in cells], "missing": missing}


def restore(plain: Mapping[str, Any]) -> PlannedCell:
    """A planned cell from what `asdict` made of it."""
    cell = plain["cell"]
    specs = Spec(**cell["workload"]), Spec(**cell["strategy"])
    return PlannedCell(**{**plain, "cell": Cell(*specs, cell["tasks"])})


def _existing(kind: Kind, texts: list[str] | tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The texts that mean something here, and why the others do not."""
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
