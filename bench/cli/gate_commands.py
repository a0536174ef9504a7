"""The commands of the regression gate, beside those of bench/cli/__init__.py: check and doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options


def check(
    against: Annotated[
        str | None,
        typer.Option(
            metavar="SIDE",
            help="What to compare with: git:REV, python:3.12, env:KEY=VALUE, strategy:NAME. "
            "Without it the baseline of [tool.concbench.gate], else what git suggests.",
        ),
    ] = None,
    side: Annotated[
        str | None, typer.Option(metavar="SIDE", help="What to check, if not the working tree.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="Compare with a stored baseline, unpaired.")
    ] = None,
    relative: Annotated[
        bool, typer.Option("--relative", help="With --baseline: ratios to the reference alone.")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC>PERCENT%",
            help="batch>5% (the default), one_shot, cpu, memory; 'w:http_get batch>8%'; "
            "repeatable.",
        ),
    ] = None,
    workload: options.Workload = None,
    strategy: options.Strategy = None,
    param: options.Param = None,
    tasks: options.Tasks = None,
    workers: options.Workers = None,
    start: options.Start = None,
    budget: Annotated[
        str | None, typer.Option(help="The most time it may take: 10m (the default).")
    ] = None,
    rounds: options.Rounds = None,
    timeout: options.Timeout = None,
    seed: options.Seed = None,
    reference: options.Reference = None,
    results: options.Results = None,
    resume: options.Resume = None,
    export: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT[:FILE]", help="junit, md, json, github; repeatable."),
    ] = None,
    report: options.Report = False,
    strict: options.Strict = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure two sides in the same rounds; exit 1 when the first is slower."""
    given = options.given(locals())
    from . import end
    from .check import check

    end(lambda outcome: check(given, outcome), last_line=True)


def doctor(
    noise: Annotated[
        bool,
        typer.Option("--noise", help="Measure the cells against themselves: what can be told?"),
    ] = False,
    budget: Annotated[str | None, typer.Option(help="Time for --noise: 3m.")] = None,
    workload: options.Workload = None,
    strategy: options.Strategy = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a machine.")] = False,
    strict: options.Strict = False,
    results: options.Results = None,
) -> None:
    """Look at what makes times noisy here, and say what to do about it."""
    given = {"workload": workload, "strategy": strategy, "budget": budget, "results": results}
    from . import end
    from .doctor import doctor

    end(lambda outcome: doctor(given, outcome, noise=noise, as_json=as_json, strict=strict))
