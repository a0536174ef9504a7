"""One plan of the cells that all sides have, each cell in a pair with the same cell elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import NotComparable, UsageError
from ..plan.cells import PlannedCell
from ..plan.cells import plan as plan_here
from ..plan.planner import SETTINGS, restore
from ..processes.children import Children
from ..processes.outputs import MALFORMED, malformed
from ..processes.variables import environment
from . import MeasuredSide
from .environments import output

if TYPE_CHECKING:
    from ..plan.settings import Settings

Pair: TypeAlias = tuple[str, int, str]
"""What cells of one pair have in common: workload, tasks and, but for a choice, strategy."""


def plans(
    children: Children, settings: Settings, sides: Sequence[MeasuredSide], scratch: Path
) -> tuple[tuple[PlannedCell, ...], list[str]]:
    """The cells that every side has, and a line for each that only some have.

    Raises UsageError where a side cannot be planned, NotComparable where they share nothing.
    """
    by_side, warnings = [], []
    for side in sides:
        planned, missing = _of_side(children, settings, side, scratch)
        by_side.append(_by_pair(planned, side))
        warnings += [f"{side.title} lacks it: {why}" for why in missing]
    common = [key for key in by_side[0] if all(key in own for own in by_side)]
    if not common:
        titles = " and ".join(side.title for side in sides)
        raise NotComparable("; ".join([f"{titles} have no cell in common", *warnings]))
    for side, own in zip(sides, by_side, strict=True):
        only = [one.cell.name for key, one in own.items() if key not in common]
        warnings += [f"only {side.title} has {name}: not compared" for name in only]
    cells: list[PlannedCell] = []
    blocks: dict[tuple[str, int], int] = {}
    for side, own in zip(sides, by_side, strict=True):
        for pair, key in enumerate(common):
            block = blocks.setdefault((side.title, own[key].block), len(blocks))
            one = replace(own[key], id=len(cells), block=block, side=side.title, pair=pair)
            cells.append(one)
    return tuple(cells), warnings


def _by_pair(cells: Sequence[PlannedCell], side: MeasuredSide) -> dict[Pair, PlannedCell]:
    """The cells by what they have in common with those of other sides.

    A choice of strategies has one for a workload, or of a sweep one for each number of workers.
    """
    if not side.strategies:
        return {_pair(one, one.cell.strategy.label): one for one in cells}
    alone = {_pair(one, ""): one for one in cells}
    swept = {_pair(one, f"workers={one.workers}"): one for one in cells}
    for by_pair in (alone, swept):
        if len(by_pair) == len(cells):
            return by_pair
    names = ", ".join(one.cell.strategy.label for one in cells[:4])
    raise UsageError(f"{side.title} is several strategies ({names}): choose one with [key=value]")


def _pair(planned: PlannedCell, strategy: str) -> Pair:
    return planned.cell.workload.label, planned.cell.tasks, strategy


def _of_side(
    children: Children, settings: Settings, side: MeasuredSide, scratch: Path
) -> tuple[list[PlannedCell], list[str]]:
    given = settings.model_dump(mode="json", include=set(SETTINGS))
    for key in ("workload", "strategy"):
        given[key] = [side.here(text) for text in given[key]]
    if side.strategies:
        given |= {"strategy": list(side.strategies), "reference": settings.reference}
    if not side.foreign:
        return list(plan_here(settings.model_copy(update=given))), []
    text = _ask(children, given, side, scratch)
    try:
        answer = json.loads(text)
        if "error" not in answer:
            return [restore(one) for one in answer["cells"]], list(answer["missing"])
    except MALFORMED as error:
        why = malformed(text, error)
        raise UsageError(f"{side.title}: what its planner said cannot be read: {why}") from None
    raise UsageError(f"{side.title}: {answer['error']}")


def _ask(children: Children, given: dict[str, Any], side: MeasuredSide, scratch: Path) -> str:
    question = scratch / "settings.json"
    question.write_text(json.dumps(given), encoding="utf-8")
    with question.open("rb") as stream:
        return output(
            children,
            side.command("from bench.plan.planner import main; main()"),
            purpose=f"{side.title} cannot be planned",
            folder=side.folder,
            variables=environment(side.variables),
            stdin=stream,
        )
