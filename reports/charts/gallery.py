"""All charts of a run, in the order of a page.

A new chart is a module beside this one, a line in `_OF_A_BLOCK` here, and its title and caption in
`_CAPTIONS` of reports/page/figures.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..files import make_folder, write_whole
from ..run.stored import Stored
from . import cost, gantt, latency, rounds, speedup, sweep
from .chart import Chart, LeftOut, NamedBlock, blocks, overview
from .sheet import Sheet, drawing, salted

Drawing = tuple[Sheet, str]

_OF_A_BLOCK: dict[str, Callable[[NamedBlock], Drawing]] = {
    "speedup": speedup.draw_bars,
    "gantt": gantt.draw,
    "latency": latency.draw_latency,
    "startup": cost.draw_startup,
    "lag": latency.draw_lag,
    "cost": cost.draw_cost,
    "distribution": rounds.draw_distribution,
    "rounds": rounds.draw_rounds,
}
_PROBES = {"gantt": "latency", "latency": "latency", "lag": "lag"}
"""The charts that need a probe, and which."""


@dataclass(frozen=True)
class _Request:
    """A chart before it is drawn; `name` is that of its file, `make` may raise LeftOut."""

    key: str
    block: int | None
    name: str
    title: str
    make: Callable[[], Drawing]


def draw(stored: Stored, *keys: str) -> list[Chart]:
    """Every chart, the grid first, then block by block; with those left out, and why.

    With keys only charts of these, and the time of no other.  Where a block has a sweep, its other
    charts show the best cell of each strategy.
    """
    requests = (one for one in _requests(stored) if not keys or one.key in keys)
    return [_chart(one, _salt(stored, one)) for one in requests]


def save(stored: Stored, folder: Path) -> list[Path]:
    """Write each chart to the folder as SVG and PNG, and give the paths.

    The folder is made.  Raises OSError when it cannot be written to.
    """
    make_folder(folder)
    paths = []
    for request in _requests(stored):
        salt = _salt(stored, request)
        with drawing(salt), suppress(LeftOut):
            sheet, description = request.make()
            for suffix in (".svg", ".png"):
                paths.append(folder / f"{request.name}{suffix}")
                write_whole(paths[-1], sheet.file(suffix, description, salt))
    return paths


def _chart(request: _Request, salt: str) -> Chart:
    with drawing(salt):
        try:
            sheet, description = request.make()
        except LeftOut as why:
            return Chart(request.key, request.block, request.title, "", str(why))
        picture = sheet.page_svg(description, salt)
    return Chart(request.key, request.block, sheet.title, picture, "", sheet.about)


def _requests(stored: Stored) -> Iterator[_Request]:
    known = list(blocks(stored))
    absent, swept = _absent(stored, known), list(sweep.families(known))
    own = {block.number: [one for one in swept if one.blocks == [block]] for block in known}
    best = [block.best if own[block.number] else block for block in known]
    yield _Request("grid", None, "grid", overview(known), partial(speedup.draw_grid, best))
    for block in best:
        slug, inside = _slug(block, known), own[block.number]
        for key, make in _OF_A_BLOCK.items():
            if key not in absent:
                name, title = f"{key}-{slug}", f"{block.name}: {key}"
                yield _Request(key, block.number, name, title, partial(make, block))
        yield from (_sweep(family, slug, inside) for family in inside)
    across = [family for family in swept if len(family.blocks) > 1]
    for family in across:
        first = family.blocks[0].rows[0]
        yield _sweep(family, _slugged(f"{first.workload} {first.side}".strip()), across)
    if not swept:
        absent["sweep"] = "no parameter has two or more values: sweep one with -P workers=1:64:x2"
    for key, why in absent.items():
        yield _Request(key, None, key, overview(known), partial(_left_out, why))


def _sweep(family: sweep.Family, slug: str, alike: Sequence[sweep.Family]) -> _Request:
    number = None if len(family.blocks) > 1 else family.blocks[0].number
    name = f"sweep-{slug}-{_slugged(family.key)}"
    if len(alike) > 1:
        name += f"-{1 + alike.index(family)}"
    return _Request("sweep", number, name, overview(family.blocks), partial(sweep.draw, family))


def _absent(stored: Stored, known: Sequence[NamedBlock]) -> dict[str, str]:
    """The charts that no block has, and why: said once."""
    why = "the run was not probed for it: concbench run --probe"
    reasons = {} if stored.probes else {key: f"{why} {probe}" for key, probe in _PROBES.items()}
    if not any(row.cpu_seconds for block in known for row in block.rows):
        reasons["cost"] = "the run holds no CPU seconds"
    return reasons


def _left_out(why: str) -> Drawing:
    raise LeftOut(why)


def _slug(block: NamedBlock, known: Sequence[NamedBlock]) -> str:
    """The block's name for a file, with its number where two would be the same."""
    slug = _slugged(block.name)
    alike = [one for one in known if _slugged(one.name).lower() == slug.lower()]
    return slug if len(alike) == 1 else f"{slug}-{block.number}"


def _slugged(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:60] or "unnamed"


def _salt(stored: Stored, request: _Request) -> str:
    return salted(stored.run.id, stored.run.started, request.name)
