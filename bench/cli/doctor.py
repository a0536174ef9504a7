"""`concbench doctor`: what makes times noisy here, the worst marked, and what to do about it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

from typer import Option

from concbench.reports.codes import pointer

from ..errors import Exit
from . import options, stored
from .exit import ending
from .outlook import CELL_SECONDS
from .progress import watching

if TYPE_CHECKING:
    from ..gate.noise import Floor
    from ..machine.doctor import Finding

Noise = Annotated[
    bool,
    Option(
        "--noise",
        help="Also measure each cell against itself: which slow-downs can a check notice here?",
    ),
]
Budget = Annotated[str | None, Option(metavar="TIME", help="Time for --noise (default: 3m).")]
Strict = Annotated[bool, Option("--strict", help="Fail (exit code 6) if there is anything to fix.")]


def doctor(
    noise: Noise = False,
    budget: Budget = None,
    workload: options.Workload = None,
    strategy: options.Strategy = None,
    as_json: options.Json = False,
    strict: Strict = False,
    results: options.Results = None,
) -> None:
    """Find what makes measurements noisy here, and how to fix it."""
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
            from ..gate.noise import FILE, advice, floors, lines, needs, store

            if not as_json:
                print(f"concbench: {needs(settings, CELL_SECONDS)}", file=sys.stderr)
            measured, folder = floors(settings, partial(watching, as_json, False))
            store(settings.results, measured)
        if as_json:
            plain = [asdict(one) for one in findings]
            noises = [asdict(one) for one in measured]
            print(json.dumps({"findings": plain, "noise": noises} if noises else plain, indent=1))
        else:
            verdict = "nothing to fix: this machine is fit for measuring"
            if bad:
                verdict = f"fix before trusting small differences: {', '.join(bad)}"
            advised = [one.code for one in findings if one.level in (Level.BAD, Level.NOTE)]
            see = textwrap.wrap(pointer(advised), stored.WIDTH, subsequent_indent="  ")
            print(*_lines(findings), *see, "", verdict, sep="\n")
            if noise:
                print("", *lines(measured), "", sep="\n")
                print(f"saved in baselines/{FILE}: `concbench check` here says what it can notice")
                for line in advice(measured, stored.read(folder).run.round_seconds):
                    print(line)
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
