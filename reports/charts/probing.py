"""What the probes of a run saw of a block, and why there is nothing where there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import numbers
from .chart import Block, clean

if TYPE_CHECKING:
    from ..analysis.cells import Row
    from ..run.probes import Probed


_NO_LOOP = "it runs no event loop"
"""What the lag probe says of most strategies: nothing that a reader misses."""


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
    return "; ".join(map(clean, reasons)) or otherwise


def without(block: Block, metric: str) -> str:
    """Who is not in the chart of a metric and should be, to go on a sentence with; or ""."""
    left: dict[str, list[str]] = {}
    for row, one in seen(block):
        why = one.absent.get(metric, _NO_LOOP)
        if why != _NO_LOOP:
            left.setdefault(why, []).append(block.names[row.id])
    said = [f"{numbers.listed(names)} ({clean(why)})" for why, names in left.items()]
    return f". Not shown: {'; '.join(said)}" if said else ""
