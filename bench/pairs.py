"""Cells compared across sides: measured back to back, with the same loops and the same tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from .planning.plan import Planned


def shuffled(cells: Sequence[int], plan: Iterable[Planned], random: Random) -> list[int]:
    """The cells in a new order: pairs in any, and those of a pair next to each other, in any."""
    group_of = {
        planned.id: planned.id if planned.pair is None else ~planned.pair for planned in plan
    }
    groups: dict[int, list[int]] = {}
    for cell in cells:
        groups.setdefault(group_of[cell], []).append(cell)
    order = list(groups.values())
    random.shuffle(order)
    for group in order:
        random.shuffle(group)
    return [cell for group in order for cell in group]


def alike(plan: Mapping[int, Planned], cell: int) -> list[int]:
    """The cell and those it is paired with."""
    pair = plan[cell].pair
    if pair is None:
        return [cell]
    return [planned.id for planned in plan.values() if planned.pair == pair]


def blocks_alike(plan: Mapping[int, Planned], block: int) -> set[int]:
    """The block and those of other sides that hold the same work."""
    cells = [planned.id for planned in plan.values() if planned.block == block]
    return {plan[other].block for cell in cells for other in alike(plan, cell)} | {block}
