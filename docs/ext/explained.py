"""What `concbench explain --language zh-Hant` says: the Chinese of the page of notes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import catalogues

from concbench.reports import codes
from concbench.reports.lessons.words import CHINESE

FILE = catalogues.FOLDER.parents[3] / "reports" / "codes" / f"{CHINESE}.toml"
HEADER = "# Made of the catalogue of reference/notes: `nox -s docs -- update`.\n"


def text() -> str:
    """The entries in Chinese, a table for each code."""
    return HEADER + "".join(_entries())


def _entries() -> Iterator[str]:
    there = catalogues.read(catalogues.FOLDER / "reference" / "notes.po")
    for one in codes.entries().values():
        yield f"\n[{one.code}]\n"
        for key in codes.TRANSLATED:
            said = there.get(getattr(one, key))
            if said and said.string and not said.fuzzy:
                yield f"{key} = {json.dumps(said.string, ensure_ascii=False)}\n"


def update() -> None:
    """Write them as the catalogue has them now."""
    FILE.write_text(text(), encoding="utf-8")
