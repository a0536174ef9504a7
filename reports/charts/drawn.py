"""All charts of a run, in the order of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from ..stored import Stored
from . import cost, distribution, grid, rounds, speedup, startup, svg, sweep
from .chart import Block, Chart, LeftOut, blocks, overview
from .families import Family, families
from .sheet import Sheet, drawing

Drawn = tuple[Sheet, str]

_OF_A_BLOCK: dict[str, Callable[[Block], Drawn]] = {
    "speedup": speedup.drawn,
    "distribution": distribution.drawn,
    "startup": startup.drawn,
    "rounds": rounds.drawn,
}


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
    return Chart(wanted.key, wanted.block, wanted.title, made, "")


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
    spent, swept = cost.metrics(stored), list(families(known))
    for block in known:
        slug = _slug(block, known)
        for key, make in _OF_A_BLOCK.items():
            yield _Wanted(key, block.number, f"{key}-{slug}", block.title, partial(make, block))
        inside = [family for family in swept if family.blocks == [block]]
        for family in inside:
            yield _sweep(family, slug, inside)
        if spent:
            yield _Wanted(
                "cost", block.number, f"cost-{slug}", block.title, partial(cost.drawn, block, spent)
            )
    across = [family for family in swept if len(family.blocks) > 1]
    for family in across:
        yield _sweep(family, _slugged(family.blocks[0].rows[0].workload), across)
    yield from _absent(bool(swept), bool(spent), overview(known))


def _sweep(family: Family, slug: str, alike: Sequence[Family]) -> _Wanted:
    number = None if len(family.blocks) > 1 else family.blocks[0].number
    name = f"sweep-{slug}-{_slugged(family.key)}"
    if len(alike) > 1:
        name += f"-{1 + alike.index(family)}"
    return _Wanted("sweep", number, name, overview(family.blocks), partial(sweep.drawn, family))


def _absent(swept: bool, spent: bool, title: str) -> Iterator[_Wanted]:
    """What the whole run has none of, said once."""

    def left_out(reason: str) -> Drawn:
        raise LeftOut(reason)

    if not swept:
        why = "no parameter has two or more values: sweep one with -P workers=1:64:x2"
        yield _Wanted("sweep", None, "sweep", title, partial(left_out, why))
    if not spent:
        why = "the run holds no CPU seconds and no memory"
        yield _Wanted("cost", None, "cost", title, partial(left_out, why))


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
