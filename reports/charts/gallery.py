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
from ..sweeps.families import Family, families
from ..sweeps.fits import fitted
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
    """Every chart, sweeps and the grid first, then by block; with those left out, and why.

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
    absent, swept = _absent(stored, known), list(families([block.rows for block in known]))
    yield from _sweeps(stored, swept, known)
    yield _Request("grid", None, "grid", overview(known), partial(speedup.draw_grid, known))
    for block in known:
        slug = _slug(block, known)
        for key, make in _OF_A_BLOCK.items():
            if key not in absent:
                name, title = f"{key}-{slug}", f"{block.name}: {key}"
                yield _Request(key, block.number, name, title, partial(make, block))
    if not swept:
        absent["sweep"] = "no parameter has two or more values: sweep one with -P workers=1:64:x2"
    for key, why in absent.items():
        yield _Request(key, None, key, overview(known), partial(_left_out, why))


def _sweeps(
    stored: Stored, swept: Sequence[Family], known: Sequence[NamedBlock]
) -> Iterator[_Request]:
    """The sweeps of a run; what several blocks share stands in none of them."""
    for family in swept:
        own = [block for block in known if block.number in family.blocks]
        first, number = own[0].rows[0], own[0].number if len(own) == 1 else None
        if number is None:
            alike = [one for one in swept if len(one.blocks) > 1]
            slug = _slugged(f"{first.workload} {first.side}".strip())
        else:
            alike, slug = [one for one in swept if one.blocks == (number,)], _slug(own[0], known)
        place = f"-{1 + alike.index(family)}" if len(alike) > 1 else ""
        name = f"sweep-{slug}-{_slugged(family.key)}{place}"
        make = partial(_draw_sweep, stored, family, own)
        yield _Request("sweep", number, name, overview(own), make)


def _draw_sweep(stored: Stored, family: Family, own: Sequence[NamedBlock]) -> Drawing:
    return sweep.draw(fitted(stored, family), own)


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
