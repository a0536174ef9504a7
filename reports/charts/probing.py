"""What the probes of a run saw of a block, and why there is nothing where there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chart import Block

if TYPE_CHECKING:
    from ..cells import Row
    from ..probed import Probed


def seen(block: Block) -> list[tuple[Row, Probed]]:
    """The measured rows that were probed, in the order of the block."""
    probes = block.stored.probes
    return [(row, probes[row.id]) for row in block.measured if row.id in probes]


def missing(block: Block, metric: str, probe: str, otherwise: str) -> str:
    """Why a block has none of a metric: each reason once."""
    known = seen(block)
    if not known:
        return f"it was not probed: concbench run --probe {probe}"
    reasons = dict.fromkeys(one.absent[metric] for _, one in known if metric in one.absent)
    return "; ".join(reasons) or otherwise
