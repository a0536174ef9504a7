"""`concbench doctor`: print what was found, worst marked, with what to do about it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..children import Children
from ..errors import Exit
from ..outcome import Outcome
from ..settings import resolve
from . import examined
from .finding import Finding, Level

WIDTH = 100


def doctor(results: Path | None, *, as_json: bool, strict: bool, outcome: Outcome) -> None:
    """Print every finding; with `strict` what has to be mended makes exit 6."""
    with Children() as children:
        found = list(examined(children, resolve({"results": results}).results))
    bad = [one.about for one in found if one.level is Level.BAD]
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1))
    else:
        print("\n".join(_lines(found)))
        print(f"\n{_verdict(bad)}")
    if bad and strict:
        outcome.codes.add(Exit.INCONCLUSIVE)


def _lines(found: Sequence[Finding]) -> list[str]:
    wide = max(len(one.about) for one in found)
    before = " " * (wide + 9)
    lines = []
    for one in found:
        lines += textwrap.wrap(
            one.seen,
            WIDTH,
            initial_indent=f"  {one.level:5}{one.about:{wide}}  ",
            subsequent_indent=before,
        )
        if one.advice:
            lines += textwrap.wrap(
                one.advice, WIDTH, initial_indent=before, subsequent_indent=before
            )
    return lines


def _verdict(bad: Sequence[str]) -> str:
    if not bad:
        return "nothing to mend: this machine is fit to measure on"
    return f"to mend before you trust small differences: {', '.join(bad)}"
