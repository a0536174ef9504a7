"""The plan of a side, made in its own interpreter: its plug-ins decide which cells there are.

It says all that the driver needs to know of them, which so imports no code of the user's, and
before each import what it imports: a plug-in may hang there, or end the process.
Standard library only: the interpreter may have nothing else.
"""

from __future__ import annotations

import faulthandler
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from importlib.metadata import distributions
from types import SimpleNamespace
from typing import Any, TypeAlias

from .. import imports
from ..errors import ImportFailed, UsageError
from ..machine.identity import of_extra
from ..processes import variables
from ..spec import Cell, Spec
from .cells import PlannedCell, plan
from .digests import plugins
from .plugins import Kind, loaded, parameters
from .selection import DEFAULTS, selected, specs

KINDS: Mapping[str, Kind] = {"workload": "workloads", "strategy": "strategies"}
Missing: TypeAlias = tuple[str, str, int, bool, str]
"""A text, why it means nothing here, the exit code for that, whether it is there at all, and the
traceback of its import."""
SETTINGS = ("workload", "strategy", "param", "tasks", "workers", "start", "inputs", "reference")
"""What decides the cells."""


def main() -> None:
    """Read settings as JSON, write cells, what is missing, or an error, as the last line."""
    answers = variables.answers()  # a plug-in that prints, or its child, must not be in the way
    given = json.load(sys.stdin)
    faulthandler.enable()
    faulthandler.dump_traceback_later(given["seconds"])  # where it hangs

    def say(message: Mapping[str, Any]) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()

    with answers:
        try:
            say(answer(given, lambda name: say({"importing": name})))
        except UsageError as error:
            say({"error": str(error), "exit": int(error.exit)})


def answer(given: Mapping[str, Any], importing: Callable[[str], None]) -> dict[str, Any]:
    """The cells of settings in this interpreter, and what of the selection does not exist here.

    `importing` is called with the name of each plug-in before it is imported, and with "" after
    the last one.
    """
    wanted, missing, emptied = dict(given), [], False
    for key, kind in KINDS.items():
        wanted[key], absent = _existing(kind, given[key] or DEFAULTS[kind], importing)
        missing += absent
        emptied = emptied or bool(absent and all(text.startswith("!") for text in wanted[key]))
    if emptied:
        return {"cells": [], "chosen": [], "missing": missing, "about": {}}
    importing("")
    cells = plan(SimpleNamespace(**wanted))  # type: ignore[arg-type]  # the part that decides
    return {
        "cells": [asdict(one) for one in cells],
        "chosen": [_chosen(one.cell) for one in cells],
        "missing": missing,
        "about": _about([one.cell for one in cells if not one.reason]),
    }


def _chosen(cell: Cell) -> str:
    """The name of a cell without the parameters that have their defaults."""
    parts = [_changed(cell.workload), _changed(cell.strategy)]
    return f"{parts[0]} x {cell.tasks} / {parts[1]}"


def _changed(spec: Spec) -> str:
    defaults = parameters(loaded(spec))
    own = {key: one for key, one in spec.params.items() if one != defaults.get(key, ...)}
    return replace(spec, params=own).label


def _about(cells: Sequence[Cell]) -> dict[str, Any]:
    """What the driver records of the plug-ins, and what it has to prepare for them."""
    libraries: set[str] = set()
    fixtures = []
    for cell in cells:
        workload = cell.workload.build()
        for plugin in (workload, cell.strategy.build()):
            libraries |= {*getattr(plugin, "clients", {}).values()}
            libraries |= {*of_extra(getattr(plugin, "extra", ""))}
        if hasattr(workload, "fixture"):
            fixtures.append(cell.workload.label)
    return {
        "libraries": sorted(libraries - {""}),
        "fixtures": fixtures,
        "code": plugins(cells),
        "packages": {one.metadata["Name"]: one.version for one in reversed([*distributions()])},
        "modules": imports.files(),
    }


def restore(plain: Mapping[str, Any]) -> PlannedCell:
    """A planned cell from what `asdict` made of it."""
    cell = plain["cell"]
    specs = Spec(**cell["workload"]), Spec(**cell["strategy"])
    return PlannedCell(**{**plain, "cell": Cell(*specs, cell["tasks"])})


def _existing(
    kind: Kind, texts: Sequence[str], importing: Callable[[str], None]
) -> tuple[list[str], list[Missing]]:
    """The texts that mean something here, and why the others do not."""
    there, missing = [], []
    for text in texts:
        try:
            for spec in specs(kind, text):
                importing(text if ":" in text else spec.name)
                with suppress(UsageError):  # `selected` says it, where it matters
                    loaded(spec)
            if not text.startswith("!"):
                list(selected(kind, [text]))
            there.append(text)
        except UsageError as error:
            there_is = isinstance(error, ImportFailed)
            missing.append((text, str(error), int(error.exit), there_is, error.traceback))
    return there, missing
