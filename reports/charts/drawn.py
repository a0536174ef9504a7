"""All charts of a run, in the order of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from ..run.stored import Stored
from . import cost, distribution, gantt, grid, lag, latency, rounds, speedup, startup, svg, sweep
from .chart import Block, Chart, LeftOut, blocks, overview
from .sheet import Sheet, drawing
from .sweep import Family, families

Drawn = tuple[Sheet, str]

_OF_A_BLOCK: dict[str, Callable[[Block], Drawn]] = {
    "speedup": speedup.drawn,
    "gantt": gantt.drawn,
    "latency": latency.drawn,
    "lag": lag.drawn,
    "cost": cost.drawn,
    "startup": startup.drawn,
    "distribution": distribution.drawn,
    "rounds": rounds.drawn,
}
_PROBES = {"gantt": "latency", "latency": "latency", "lag": "lag"}
"""The charts that need a probe, and which."""


@dataclass(frozen=True)
class _Wanted:
    """A chart before it is drawn; `name` is that of its file, `make` may raise LeftOut."""

    key: str
    block: int | None
    name: str
    title: str
    make: Callable[[], Drawn]


def draw(stored: Stored, *keys: str) -> list[Chart]:
    """Every chart, the grid first, then block by block; with those left out, and why.

    With keys only charts of these, and the time of no other.
    """
    wanted = (one for one in _wanted(stored) if not keys or one.key in keys)
    return [_chart(one, _salt(stored, one)) for one in wanted]


def save(stored: Stored, folder: Path) -> list[Path]:
    """Write each chart to the folder as SVG and PNG, and give the paths.

    The folder is made.  Raises OSError when it cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [path for wanted in _wanted(stored) for path in _saved(wanted, stored, folder)]


def _chart(wanted: _Wanted, salt: str) -> Chart:
    with drawing(salt):
        try:
            sheet, described = wanted.make()
        except LeftOut as why:
            return Chart(wanted.key, wanted.block, wanted.title, "", str(why))
        made = sheet.page_svg(described, salt)
    return Chart(wanted.key, wanted.block, sheet.title, made, "")


def _saved(wanted: _Wanted, stored: Stored, folder: Path) -> Iterator[Path]:
    salt = _salt(stored, wanted)
    with drawing(salt):
        try:
            sheet, described = wanted.make()
        except LeftOut:
            return
        as_text = svg.standalone(sheet.page_svg(described, salt))
        as_picture = sheet.png()
    for suffix, content in ((".svg", as_text.encode()), (".png", as_picture)):
        path = folder / f"{wanted.name}{suffix}"
        path.write_bytes(content)
        yield path


def _wanted(stored: Stored) -> Iterator[_Wanted]:
    known = list(blocks(stored))
    yield _Wanted("grid", None, "grid", overview(known), partial(grid.drawn, known))
    absent, swept = _absent(stored, known), list(families(known))
    for block in known:
        slug = _slug(block, known)
        for key, make in _OF_A_BLOCK.items():
            if key not in absent:
                title = block.title
                yield _Wanted(key, block.number, f"{key}-{slug}", title, partial(make, block))
        inside = [family for family in swept if family.blocks == [block]]
        for family in inside:
            yield _sweep(family, slug, inside)
    across = [family for family in swept if len(family.blocks) > 1]
    for family in across:
        first = family.blocks[0].rows[0]
        yield _sweep(family, _slugged(f"{first.workload} {first.side}".strip()), across)
    if not swept:
        absent["sweep"] = "no parameter has two or more values: sweep one with -P workers=1:64:x2"
    for key, why in absent.items():
        yield _Wanted(key, None, key, overview(known), partial(_left_out, why))


def _sweep(family: Family, slug: str, alike: Sequence[Family]) -> _Wanted:
    number = None if len(family.blocks) > 1 else family.blocks[0].number
    name = f"sweep-{slug}-{_slugged(family.key)}"
    if len(alike) > 1:
        name += f"-{1 + alike.index(family)}"
    return _Wanted("sweep", number, name, overview(family.blocks), partial(sweep.drawn, family))


def _absent(stored: Stored, known: Sequence[Block]) -> dict[str, str]:
    """The charts that no block has, and why: said once."""
    found = {}
    if not stored.probes:
        for key, probe in _PROBES.items():
            found[key] = f"the run was not probed for it: concbench run --probe {probe}"
    if not any(row.cpu_seconds for block in known for row in block.rows):
        found["cost"] = "the run holds no CPU seconds"
    return found


def _left_out(why: str) -> Drawn:
    raise LeftOut(why)


def _slug(block: Block, known: Sequence[Block]) -> str:
    """The block's name for a file, with its number where two would be the same."""
    slug = _slugged(block.name)
    alike = [one for one in known if _slugged(one.name).lower() == slug.lower()]
    return slug if len(alike) == 1 else f"{slug}-{block.number}"


def _slugged(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:60] or "unnamed"


def _salt(stored: Stored, wanted: _Wanted) -> str:
    """Ten signs that tell this chart's ids from those of any other on a page."""
    told = "\0".join((stored.run.id, stored.run.started, wanted.name))
    return sha256(told.encode(errors="replace")).hexdigest()[:10]
