"""All charts of a run, in the order of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from ..stored import Stored
from . import distribution, speedup, svg
from .chart import Block, Chart, LeftOut, blocks
from .sheet import Sheet, drawing

Drawn = tuple[Sheet, str]

_OF_A_BLOCK: dict[str, Callable[[Block], Drawn]] = {
    "speedup": speedup.drawn,
    "distribution": distribution.drawn,
}


@dataclass(frozen=True)
class _Wanted:
    """A chart before it is drawn; `name` is that of its file, `make` may raise LeftOut."""

    key: str
    block: int | None
    name: str
    title: str
    make: Callable[[], Drawn]


def draw(stored: Stored) -> list[Chart]:
    """Every chart, those of the whole run and then block by block, left out ones included."""
    return [_chart(wanted, _salt(stored, wanted)) for wanted in _wanted(stored)]


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
    for block in known:
        for key, make in _OF_A_BLOCK.items():
            yield _Wanted(
                key,
                block.number,
                f"{key}-{_slug(block, known)}",
                block.title,
                partial(make, block),
            )


def _slug(block: Block, known: list[Block]) -> str:
    """The block's name for a file, with its number where two would be the same."""
    slugs = [re.sub(r"[^A-Za-z0-9._]+", "-", one.name).strip("-.")[:60] for one in known]
    slug = slugs[known.index(block)]
    return slug if slug and slugs.count(slug) == 1 else f"{slug or 'block'}-{block.number}"


def _salt(stored: Stored, wanted: _Wanted) -> str:
    """Ten signs that tell this chart's ids from those of any other on a page."""
    told = "\0".join((stored.run.id, stored.run.started, wanted.name))
    return sha256(told.encode(errors="replace")).hexdigest()[:10]
