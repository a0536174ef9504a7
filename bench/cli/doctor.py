"""`concbench doctor`: print what was found, worst marked, with what to do about it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..errors import Exit
from ..machine.doctor import Finding, Level, examine
from ..plan.settings import Settings, resolve
from ..processes.children import Children
from .exit import Outcome

if TYPE_CHECKING:
    from ..gate.noise import Floor

WIDTH = 100


def doctor(
    given: Mapping[str, Any], outcome: Outcome, *, noise: bool, as_json: bool, strict: bool
) -> None:
    """Print every finding; with `strict` what has to be mended makes exit 6."""
    settings = resolve(given)
    with Children() as children:
        found = list(examine(children, settings.results))
    bad = [one.about for one in found if one.level is Level.BAD]
    floors = _floors(settings, quiet=as_json) if noise else []
    if as_json:
        print(json.dumps(_plain(found, floors), indent=1))
    else:
        print("\n".join([*_lines(found), "", _verdict(bad)]))
        if noise:
            print("\n".join(["", *told(floors)]))
    if bad and strict:
        outcome.codes.add(Exit.INCONCLUSIVE)


def _floors(settings: Settings, *, quiet: bool) -> list[Floor]:
    from ..gate.noise import floors, store

    found, _ = floors(settings, quiet=quiet)
    store(settings.results, found)
    return found


def told(floors: Sequence[Floor]) -> list[str]:
    """The table of noise floors, with the word where they are kept."""
    from ..gate.noise import FILE, lines

    return [*lines(floors), "", f"kept in baselines/{FILE}: a check here says what it can notice"]


def _plain(found: Sequence[Finding], floors: Sequence[Floor]) -> object:
    plain = [asdict(one) for one in found]
    return {"findings": plain, "noise": [asdict(one) for one in floors]} if floors else plain


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
