"""The noise floor: every cell against itself, and the least slow-down that a check would notice."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..cli.progress import watching
from ..driver import Agenda, measure, runnable
from ..driver.lab import workshop
from ..errors import UsageError
from ..machine import identity
from ..plan.settings import Settings
from ..sides import WORKING_TREE, Side
from ..sides.plans import plans
from ..store.journal import entries
from ..store.provenance import MACHINE, differences
from ..store.state import History
from ..store.writable import check_file
from .samples import Pair, compared, durations, name, pairs, ratios

BUDGET = 180.0
CHECK_BUDGET = 600.0
"""That of `concbench check`, for which the figures are."""
FILE = "noise.json"
SCHEMA = 1


@dataclass(frozen=True)
class Floor:
    """A cell against itself: `deviation` of the logarithm of a round's ratio, None if unknown.

    `detects` is the least slow-down that a check of all these cells notices in 95 of 100 cases,
    0.05 is 5 %; None where its budget holds too few rounds.
    """

    cell: str
    rounds: int
    deviation: float | None
    detects: float | None


def floors(settings: Settings, *, quiet: bool) -> tuple[list[Floor], Path]:
    """Measure the cells against themselves; the floors, and the folder of the run."""
    from reports.gate import values

    check_file(_kept(settings.results), makes_folders=True)
    settings = settings.model_copy(
        update={"budget": settings.budget or BUDGET, "probe": ("none",), "rounds": None}
    )
    both = (Side(WORKING_TREE), Side(f"{WORKING_TREE} again"))
    with workshop(settings.results) as shop:
        cells, warnings = plans(shop.children, settings, both, shop.folder)
        agenda = Agenda(both, runnable(cells), warnings, values=values)

        def everything(_: History) -> Any:
            return lambda _: [one.id for one in agenda.cells]

        with watching(quiet, False) as watch:
            folder = measure(shop, agenda, settings, sys.argv[1:], watch, rule=everything)
    past = History(agenda.cells, entries(folder / "journal.jsonl"))
    return found(pairs(agenda.cells), past), folder


def found(both: Sequence[Pair], past: History) -> list[Floor]:
    """The floor of each pair that was measured, by what the journal holds."""
    from reports.gate.noise import deviation, resolved

    took = durations(past)
    known = [pair for pair in both if compared(pair, past)]
    round_seconds = sum(took.get(one.id, 0.0) for pair in known for one in (pair.now, pair.before))
    rounds = int(CHECK_BUDGET / round_seconds) if round_seconds else 0
    floors = []
    for pair in known:
        seen = ratios(pair, "batch", past)
        spread = deviation(seen)
        least = None if spread is None else resolved(spread, rounds, len(known))
        floors.append(Floor(name(pair), len(seen), spread, least))
    return floors


def store(results: Path, floors: Sequence[Floor]) -> Path:
    """Keep them beside the baselines, with the machine that they are of."""
    path = _kept(results)
    told = {"schema": SCHEMA, "environment": identity.facts(), "cells": [asdict(f) for f in floors]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=1), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return path


def stored(results: Path) -> Mapping[str, float]:
    """What a check on this machine is known to notice, by cell; empty where nobody measured it."""
    path = _kept(results)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        then, now = {"environment": told["environment"]}, {"environment": identity.facts()}
        if told["schema"] != SCHEMA or differences(then, now, [MACHINE]):
            return {}
        return {one["cell"]: one["detects"] for one in told["cells"] if one["detects"]}
    except (OSError, ValueError, LookupError, TypeError):
        return {}  # it only adds a word to a check


def _kept(results: Path) -> Path:
    return results / "baselines" / FILE


def lines(floors: Sequence[Floor]) -> list[str]:
    """A table, and what it means."""
    wide = max((len(one.cell) for one in floors), default=4)
    told = [f"{'cell':{wide}}  rounds  noise of a pair  a 10 min check notices"]
    for one in floors:
        noise = "?" if one.deviation is None else f"{100 * one.deviation:.1f} %"
        least = "nothing sure" if one.detects is None else f"{100 * one.detects:.1f} % or more"
        told.append(f"{one.cell:{wide}}  {one.rounds:6}  {noise:>15}  {least:>22}")
    return told
