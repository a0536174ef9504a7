"""`concbench doctor`: what makes times noisy here, the worst marked, and what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ..errors import Exit
from . import options, stored
from .exit import ending
from .progress import watching

if TYPE_CHECKING:
    from ..gate.noise import Floor
    from ..machine.doctor import Finding

Noise = Annotated[
    bool, Option("--noise", help="Measure the cells against themselves: what can be told?")
]
Budget = Annotated[str | None, Option(help="Time for --noise: 3m.")]


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
        from dataclasses import asdict

        from ..machine.doctor import Level, examine
        from ..plan.settings import resolve
        from ..processes.children import Children

        settings = resolve(given)
        with Children() as children:
            findings = list(examine(children))
        bad = [one.about for one in findings if one.level is Level.BAD]
        measured: list[Floor] = []
        if noise:
            from ..gate.noise import FILE, floors, lines, store

            measured, _ = floors(settings, partial(watching, as_json, False))
            store(settings.results, measured)
        if as_json:
            plain = [asdict(one) for one in findings]
            noises = [asdict(one) for one in measured]
            print(json.dumps({"findings": plain, "noise": noises} if noises else plain, indent=1))
        else:
            verdict = "nothing to mend: this machine is fit to measure on"
            if bad:
                verdict = f"to mend before you trust small differences: {', '.join(bad)}"
            print(*_lines(findings), "", verdict, sep="\n")
            if noise:
                print("", *lines(measured), "", sep="\n")
                print(f"kept in baselines/{FILE}: a check here says what it can notice")
        if bad and strict:
            outcome.codes.add(Exit.INCONCLUSIVE)


def _lines(findings: Sequence[Finding]) -> list[str]:
    wide = max(len(one.about) for one in findings)
    below = " " * (wide + 9)
    lines = []
    for one in findings:
        first = f"  {one.level:5}{one.about:{wide}}  "
        for text, lead in ((one.seen, first), (one.advice, below)):
            lines += textwrap.wrap(text, stored.WIDTH, initial_indent=lead, subsequent_indent=below)
    return lines
