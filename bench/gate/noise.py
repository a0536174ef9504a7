"""The noise floor: every cell against itself, and the least slow-down that a check would notice."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from concbench.reports.errors import MALFORMED
from concbench.reports.files import limited, write_whole
from concbench.reports.gate import decision
from concbench.reports.gate.evidence import FEWEST, PairedRounds
from concbench.reports.gate.thresholds import parse
from concbench.reports.run import keys, provenance

from ..driver import Agenda, measure, runnable
from ..driver.lab import workshop
from ..driver.watch import Progress
from ..errors import UsageError
from ..machine import identity
from ..plan.cells import plan
from ..plan.settings import Settings
from ..sides import MeasuredSide
from ..sides.plans import plans
from ..store.journal import entries
from ..store.runs import check_file
from ..store.state import History
from .readings import CellPair, pairs
from .samples import BUDGET, Samples

SECONDS = 180.0
"""To measure the noise in, unless somebody gives another budget."""
FILE = "noise.json"
SCHEMA = 1
MOST = 1e6
"""Times as slow: beyond it no check says anything."""


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


def floors(settings: Settings, progress: Progress) -> tuple[list[Floor], Path]:
    """Measure the cells against themselves; the floors, and the folder of the run."""
    check_file(_file(settings.results), makes_folders=True)
    settings = settings.model_copy(
        update={"budget": settings.budget or SECONDS, "probe": ("none",), "rounds": None}
    )
    both = (MeasuredSide(keys.WORKING_TREE), MeasuredSide(f"{keys.WORKING_TREE} again"))
    with workshop() as shop:
        shared = plans(shop.children, settings, both, shop.folder)
        cells = runnable(shared.cells)
        agenda = Agenda(shared.sides, cells, shared.warnings, values=decision.values)

        def everything(_: object) -> list[int]:
            return [one.id for one in cells]

        with progress() as watch:
            folder = measure(shop, agenda, settings, sys.argv[1:], watch, rule=lambda _: everything)
    past = History(agenda.cells, entries(folder / "journal.jsonl"))
    return estimate(pairs(agenda.cells), past), folder


def needs(settings: Settings, cell_seconds: float) -> str:
    """What the measuring takes, to be said before: cells, a round of them, and rounds it needs.

    `cell_seconds` is about what a visit to a cell takes.
    """
    cells = sum(not one.reason for one in plan(settings))
    one_round = 2 * cells * cell_seconds
    budget = settings.budget or SECONDS
    what = "1 cell against itself" if cells == 1 else f"{cells} cells against themselves"
    said = f"measuring {what} for {budget:g} s"
    return f"{said}: a round takes {one_round:.0f} s or more, and {FEWEST} rounds are needed"


def advice(floors: Sequence[Floor], round_seconds: float | None) -> list[str]:
    """What to do where noise is unknown, or so large that a check notices little; lines."""
    few = sum(one.deviation is None for one in floors)
    blind = [one.cell for one in floors if one.deviation is not None and one.detects is None]
    lines = []
    if few and round_seconds:
        budget = 10 * math.ceil(2 * FEWEST * round_seconds / 10)
        lines.append(
            f"{few} of {len(floors)} cells had fewer than {FEWEST} rounds: use --budget {budget}s, "
            "or fewer cells (-w, -s)"
        )
    if blind:
        lines.append(f"a check of all these cells has too few rounds for {', '.join(blind)}:")
        lines.append("  check fewer cells (-w, -s), or with a longer --budget")
    return lines


def estimate(pairs: Sequence[CellPair], past: History) -> list[Floor]:
    """The floor of each pair that was measured, by what the journal holds."""
    samples = Samples(pairs, parse(["batch>5%"]), past)
    names = {pair.number: samples.name(pair) for pair in pairs}
    known = [one for one in samples.evidence() if isinstance(one, PairedRounds)]
    round_seconds = sum(one.seconds for one in known)
    rounds = int(BUDGET / round_seconds) if round_seconds else 0
    floors = []
    for one in known:
        spread = decision.deviation(one.logarithms)
        least = None if spread is None else decision.resolved(spread, rounds, len(known))
        floors.append(Floor(names[one.cell], one.rounds, spread, least))
    return floors


def store(results: Path, floors: Sequence[Floor]) -> Path:
    """Keep them beside the baselines, with the machine that they are of."""
    path = _file(results)
    cells = [asdict(one) for one in floors]
    record = {"schema": SCHEMA, "environment": identity.facts(), "cells": cells}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(record, indent=1))
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return path


def stored(results: Path) -> Mapping[str, float]:
    """What a check on this machine is known to notice, by cell; empty where nobody measured it."""
    try:
        record = json.loads(limited(_file(results)))
        now = {"environment": identity.facts()}
        if record["schema"] != SCHEMA or provenance.differences(record, now, provenance.MACHINE):
            return {}
        known = ((one["cell"], one["detects"]) for one in record["cells"])
        return {str(cell): float(least) for cell, least in known if least and 0 < least < MOST}
    except (OSError, *MALFORMED):
        return {}  # it only adds a word to a check


def _file(results: Path) -> Path:
    return results / "baselines" / FILE


def lines(floors: Sequence[Floor]) -> list[str]:
    """A table, and what it means."""
    wide = max((len(one.cell) for one in floors), default=4)
    table = [f"{'cell':{wide}}  rounds  noise of a pair  a 10 min check notices"]
    for one in floors:
        noise = "?" if one.deviation is None else f"{100 * one.deviation:.1f} %"
        least = "nothing sure" if one.detects is None else f"{100 * one.detects:.1f} % or more"
        table.append(f"{one.cell:{wide}}  {one.rounds:6}  {noise:>15}  {least:>22}")
    return table
