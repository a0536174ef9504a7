"""The README's output and picture, from the same stored runs as the site's."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import outputs

from concbench.reports import charts

ROOT = Path(__file__).parents[2]
README, CHINESE = ROOT / "README.md", ROOT / "README.zh_Hant.md"
PICTURE = ROOT / "docs" / "speedup-http_get.svg"
SHOWN = re.compile(r"(<!-- shown: (\S+) (\S+) -->\n```text\n).*?(```)", re.DOTALL)
MADE_FROM = re.compile(r"(<!-- made from README\.md )\w+( -->)")
BLOCKS = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def current(text: str) -> str:
    """The text with each output as the program prints it now."""
    return SHOWN.sub(lambda at: f"{at[1]}{outputs.shown(at[2], at[3])}\n{at[4]}", text)


def digest(text: str) -> str:
    """Of all that a translation says in its own words: the text without its blocks of code."""
    return sha256(BLOCKS.sub("", text).encode()).hexdigest()[:12]


def picture() -> str:
    """The README's picture as a file of its own."""
    from concbench.reports.charts.svg import standalone

    run = outputs.stored("first")
    number = [block.name for block in outputs.tables.blocks(run)].index("http_get")
    return next(standalone(one.svg) for one in charts.draw(run, "speedup") if one.block == number)


def update() -> None:
    """Write the outputs and the picture anew; the translation's mark stays somebody's to renew."""
    for path in (README, CHINESE):
        path.write_text(current(path.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
