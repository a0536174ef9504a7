"""`concbench doctor`: what makes times noisy here, the worst marked, and what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import Exit
from . import options
from .exit import ending
from .progress import watching

if TYPE_CHECKING:
    from ..gate.noise import Floor
    from ..machine.doctor import Finding
    from ..plan.settings import Settings

WIDTH = 100


Noise = Annotated[
    bool,
    typer.Option("--noise", help="Measure the cells against themselves: what can be told?"),
]
Budget = Annotated[str | None, typer.Option(help="Time for --noise: 3m.")]


def doctor(
    noise: Noise = False,
    budget: Budget = None,
    workload: options.Workload = None,
    strategy: options.Strategy = None,
    as_json: options.Json = False,
    strict: options.Strict = False,
    results: options.Results = None,
) -> None:
    """Look at what makes times noisy here, and say what to do about it."""
    given = {"workload": workload, "strategy": strategy, "budget": budget, "results": results}
    with ending() as outcome:
        import json

        from ..machine.doctor import Level, examine
        from ..plan.settings import resolve
        from ..processes.children import Children

        settings = resolve(given)
        with Children() as children:
            findings = list(examine(children, settings.results))
        bad = [one.about for one in findings if one.level is Level.BAD]
        floors = _floors(settings, quiet=as_json) if noise else []
        if as_json:
            print(json.dumps(_plain(findings, floors), indent=1))
        else:
            print("\n".join([*_lines(findings), "", _verdict(bad)]))
            if noise:
                print("\n".join(["", *table(floors)]))
        if bad and strict:
            outcome.codes.add(Exit.INCONCLUSIVE)


def _floors(settings: Settings, *, quiet: bool) -> list[Floor]:
    from ..gate.noise import floors, store

    measured, _ = floors(settings, partial(watching, quiet, False))
    store(settings.results, measured)
    return measured


def table(floors: Sequence[Floor]) -> list[str]:
    """The noise floors, and where they are kept."""
    from ..gate.noise import FILE, lines

    return [*lines(floors), "", f"kept in baselines/{FILE}: a check here says what it can notice"]


def _plain(findings: Sequence[Finding], floors: Sequence[Floor]) -> object:
    from dataclasses import asdict

    plain = [asdict(one) for one in findings]
    return {"findings": plain, "noise": [asdict(one) for one in floors]} if floors else plain


def _lines(findings: Sequence[Finding]) -> list[str]:
    wide = max(len(one.about) for one in findings)
    below = " " * (wide + 9)
    lines = []
    for one in findings:
        first = f"  {one.level:5}{one.about:{wide}}  "
        for text, indent in ((one.seen, first), (one.advice, below)):
            lines += textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=below)
    return lines


def _verdict(bad: Sequence[str]) -> str:
    if not bad:
        return "nothing to mend: this machine is fit to measure on"
    return f"to mend before you trust small differences: {', '.join(bad)}"
