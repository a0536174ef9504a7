"""A check on a terminal: what is slower first, what nobody knows next, the rest in one line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from . import words
from .checked import Checked
from .decision import Word

WIDTH = 100
WIDEST = 44
"""A longer name moves its own words to the right, and nobody else's."""
SHOWN: tuple[Word, ...] = ("slower", "other work", "inconclusive")
MARKS = {"slower": "SLOWER", "inconclusive": "?", "other work": "OTHER", "not slower": "="}


def lines(checked: Checked, width: int = WIDTH) -> Iterator[str]:
    """The check, a line at a time, none wider than `width`."""
    yield from _wrapped("check: ", _title(checked), width)
    names = [one.cell for one in checked.answers if one.word != "not slower"]
    names += [cell for cell, _ in checked.failed]
    wide = max((len(name) for name in names if len(name) <= WIDEST), default=0)
    for word in SHOWN:
        for one in checked.of(word):
            yield from _line(MARKS[word], one.cell, wide, words.said(one), width)
    for cell, reason in checked.failed:
        yield from _line("FAILED", cell, wide, reason, width)
    for unknown in checked.unknown:
        yield from _wrapped("  ?       ", unknown, width)
    if passed := checked.of("not slower"):
        yield from _wrapped("  =       ", words.within(passed), width)
    for warning in checked.warnings:
        yield from _wrapped("  note    ", warning, width)


def _title(checked: Checked) -> str:
    told = words.title(checked), words.extent(checked), words.method(checked)
    return "   ".join(told)


def _line(mark: str, cell: str, wide: int, said: str, width: int) -> Iterator[str]:
    start = f"  {mark:8}{cell:{wide}}   "
    if len(start) + len(said) <= width:
        yield f"{start}{said}"
        return
    yield start.rstrip()
    yield from textwrap.wrap(said, width, initial_indent=" " * 10, subsequent_indent=" " * 10)


def _wrapped(start: str, said: str, width: int) -> Iterator[str]:
    if len(start) + len(said) <= width:
        yield f"{start}{said}"
        return
    indent = " " * 10
    yield from textwrap.wrap(said, width, initial_indent=start, subsequent_indent=indent)
