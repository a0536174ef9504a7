"""What a run needs before it can measure: the machine for itself, a folder, fixtures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .children import Children
from .fixtures import running
from .lab import Lab
from .lock import held
from .planning.plan import Planned
from .sides.side import Side
from .workers import Place


@dataclass(frozen=True)
class Workshop:
    """The processes of a run and a folder for what they write, both gone when it ends."""

    children: Children
    folder: Path


@contextmanager
def workshop(results: Path) -> Iterator[Workshop]:
    """The machine for ourselves; UsageError while another run has it."""
    with (
        held(results),
        tempfile.TemporaryDirectory(prefix="concbench-") as name,
        Children() as children,
    ):
        children.remove_if_killed(Path(name))
        yield Workshop(children, Path(name))


@contextmanager
def equipped(
    shop: Workshop,
    sides: Sequence[Side],
    cells: Sequence[Planned],
    seed: int,
    elapsed: float = 0.0,
    memory: bool = False,
) -> Iterator[Lab]:
    """A lab with the fixtures of every side's workloads."""
    with ExitStack() as stack:
        places = {}
        for side in sides:
            own = [one for one in cells if one.side == side.title and not one.reason]
            workloads = {one.cell.workload.label: one.cell.workload for one in own}
            fixtures = running(shop.children, workloads.values(), side)
            places[side.title] = Place(side, stack.enter_context(fixtures))
        yield Lab(shop.children, shop.folder, places, seed=seed, elapsed=elapsed, memory=memory)


@contextmanager
def laboratory(results: Path, cells: Sequence[Planned], seed: int = 0) -> Iterator[Lab]:
    """All of it for cells without sides."""
    with workshop(results) as shop, equipped(shop, [Side("")], cells, seed) as lab:
        yield lab
