"""`concbench check`: measure two sides until the gate has its answers, show and store them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from ..errors import Exit, Interrupted, NothingShared, UsageError
from . import options, stored
from .exit import ending, writing
from .progress import watching

if TYPE_CHECKING:
    from concbench.reports.gate.results import Check
    from concbench.reports.gate.thresholds import Threshold

    from ..plan.settings import Settings

    Limits = tuple[Threshold, ...]

FORMATS = ("junit", "md", "json", "github")

Against = Annotated[
    str | None,
    Option(
        metavar="SIDE",
        help="Compare with: git:REV, python:3.12, pip:REQUIREMENT, env:KEY=VALUE or "
        "strategy:NAME (default: the baseline of [tool.concbench.gate], else what git suggests).",
    ),
]
Side = Annotated[str | None, Option(metavar="SIDE", help="Check this (default: the working tree).")]
Baseline = Annotated[
    str | None, Option(metavar="NAME", help="Compare with a stored baseline instead; not paired.")
]
Relative = Annotated[
    bool, Option("--relative", help="With --baseline: compare speed-ups instead of times.")
]
FailOn = Annotated[
    options.Several,
    Option(
        metavar="METRIC>PERCENT%",
        help="Fail if a metric grows by more, quoted: 'batch>5%' (the default); also one_shot, "
        "startup, cpu, memory, p99, max_lag or a workload's own; "
        "'w:http_get batch>8%' is for one workload; repeatable.",
    ),
]
Require = Annotated[
    options.Several,
    Option(
        metavar="METRIC<BOUND",
        help="Fail unless this holds, quoted: 'p99<20ms', 'memory<200MB', 'w:f rows<1000'; needs "
        "nothing to compare with; repeatable.",
    ),
]
Budget = Annotated[
    str | None, Option(metavar="TIME", help="Longest time it may take (default: 10m).")
]
Strict = Annotated[
    bool, Option("--strict", help="Also fail (exit code 6) on doubt, and on what is not compared.")
]
Export = Annotated[
    options.Several,
    Option(
        metavar="FORMAT[:FILE]",
        help="Write junit, md, json or github; repeatable.",
        autocompletion=options.choices(FORMATS),
    ),
]


def check(
    against: Against = None,
    side: Side = None,
    baseline: Baseline = None,
    relative: Relative = False,
    fail_on: FailOn = None,
    require: Require = None,
    workload: options.Workload = None,
    strategy: options.Strategy = None,
    param: options.Param = None,
    inputs: options.Inputs = None,
    tasks: options.Tasks = None,
    workers: options.Workers = None,
    start: options.Start = None,
    budget: Budget = None,
    rounds: options.Rounds = None,
    timeout: options.Timeout = None,
    seed: options.Seed = None,
    reference: options.Reference = None,
    results: options.Results = None,
    resume: options.Resume = None,
    export: Export = None,
    report: options.Report = False,
    strict: Strict = False,
    exact: options.Exact = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Fail (exit code 1) if the code got slower, or is above a bound."""
    given = options.given(locals())
    with ending(last_line=True, verbose=verbose) as outcome:
        settings, unfinished = _settings(given)
        limits = thresholds(settings.gate.fail_on, settings.gate.require)
        files = targets(export or ())
        try:
            checked, folder = _measure(given, settings, limits, unfinished)
        except NothingShared as error:
            outcome.notcompared = len(error.alone)
            _write(_empty(error), files)
            raise
        outcome.run = folder.name.partition("-")[0]
        outcome.regressions = len(checked.of("slower"))
        outcome.failed = len({cell for cell, _ in checked.failed})
        outcome.notcompared = len(checked.alone)
        outcome.exceeded = len(checked.of("above"))
        outcome.suspected = len(checked.of("suspect"))
        outcome.inconclusive = checked.doubts - outcome.notcompared - outcome.suspected
        if checked.doubts and settings.strict:
            outcome.codes.add(Exit.INCONCLUSIVE)
        _publish(checked, folder, files, report=report)


def _settings(given: Mapping[str, Any]) -> tuple[Settings, Path | None]:
    """The settings, and the folder of the run to go on with."""
    from ..gate.samples import BUDGET
    from ..plan.settings import Settings, resolve

    if "resume" in given:
        return _resumed(given)
    flags = {key: one for key, one in given.items() if key in Settings.model_fields}
    settings = resolve(flags)
    more: dict[str, Any] = {"gate": settings.gate.model_copy(update=_gate(given))}
    if "relative" in given and not more["gate"].baseline:
        raise UsageError("--relative needs --baseline NAME")
    if "side" not in flags:
        more["side"] = ()  # of the options file or the environment: what `run` compares
    if settings.budget is None and settings.rounds is None:
        more["budget"] = BUDGET
    if "probe" not in settings.model_fields_set:
        more["probe"] = ("none",)  # its time is for rounds
    return settings.model_copy(update=more), None


def _gate(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the command line says in place of the gate's options."""
    more: dict[str, Any] = {}
    if "against" in given or "baseline" in given:
        more = {key: given.get(key, "") for key in ("against", "baseline")}
    more |= {key: tuple(given[key]) for key in ("fail_on", "require") if key in given}
    return {**more, "relative": True} if "relative" in given else more


def _resumed(given: Mapping[str, Any]) -> tuple[Settings, Path]:
    """The settings of an unfinished check, and its folder; UsageError for others on the line."""
    from ..plan.settings import Settings, check_same, resolve, resumed
    from ..store.runs import run_to_resume, settings_to_resume

    results = resolve({"results": given.get("results")}).results
    folder = run_to_resume(results, given["resume"])
    apart = ("side", "against", "resume")
    flags = {k: one for k, one in given.items() if k in Settings.model_fields and k not in apart}
    settings = resumed(folder.name, settings_to_resume(folder), flags, results)
    of_bounds = not settings.side and settings.gate.require
    if not (settings.gate.baseline or of_bounds or len(settings.side) == 2):
        raise UsageError(f"{folder.name} is not a check, so `check` cannot resume it")
    ours, against = settings.side or ("", "")
    now = {**given, **_gate(given)}
    kinds = ("side", "against", "baseline", "relative", "fail_on", "require")
    before = {**settings.gate.model_dump(), "side": ours, "against": against}
    check_same(folder.name, [(key, before[key], now[key]) for key in kinds if key in given])
    return settings, folder


def thresholds(texts: Sequence[str], required: Sequence[str] = ()) -> Limits:
    """What fails the check; UsageError names the text that is none."""
    from concbench.reports.gate.thresholds import parse

    limits: Limits = ()
    for option, given in (("--fail-on", (texts, ())), ("--require", ((), required))):
        try:
            limits += parse(*given) if any(given) else ()
        except ValueError as error:
            raise UsageError(f"{option} {error}") from None
    return limits or parse()


def targets(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Format and file of each `FORMAT:FILE`, and of the summary of GitHub's step.

    Raises UsageError for a format that there is not and a file that cannot be written.
    """
    parts = [text.partition(":") for text in texts]
    for form, _, _ in parts:
        if form not in FORMATS:
            raise UsageError(f"no format '{form}' of a check (there are: {', '.join(FORMATS)})")
    files = [(form, file or "-") for form, _, file in parts]
    files += [("github", file) for file in stored.summaries()]
    for _, file in files:
        stored.check_output(file)
    return files


def _measure(
    given: Mapping[str, Any], settings: Settings, limits: Limits, unfinished: Path | None
) -> tuple[Check, Path]:
    """The answers, and the run's folder."""
    from .. import gate
    from ..gate.baseline import Counterpart, counterpart

    progress = partial(watching, bool(given.get("quiet")), bool(given.get("verbose")))
    try:
        if _alone(settings, limits):
            print("only bounds are checked; --against SIDE also compares", file=sys.stderr)
            return gate.check_bounds(settings, limits, progress, unfinished)
        other = counterpart(given, settings, Path.cwd()) if unfinished is None else None
        other = other or Counterpart(settings.side, settings.gate.baseline)
        if other.why:
            print(f"against {other.sides[1]}: {other.why}", file=sys.stderr)
        if other.baseline:
            return gate.check_baseline(
                other.baseline, given, settings, limits, progress, stored.read, unfinished
            )
        if unfinished is None:
            settings = settings.model_copy(update={"side": other.sides})
        return gate.check_sides(settings, limits, progress, unfinished)
    except Interrupted as error:
        raise Interrupted(error.folder, "check") from None


def _alone(settings: Settings, limits: Limits) -> bool:
    """Whether bounds are all that is asked, so that there is nothing to compare with."""
    gate = settings.gate
    others = settings.side, gate.against, gate.baseline
    return all(one.bound for one in limits) and not any(others)


def _publish(
    checked: Check, folder: Path, files: Sequence[tuple[str, str]], *, report: bool
) -> None:
    """Store it first, then print it, then write the page and the targets that are wanted."""
    from concbench.reports.files import write_whole
    from concbench.reports.gate import results
    from concbench.reports.render import gate

    with writing(folder / results.FILE):
        write_whole(folder / results.FILE, results.document(checked))
    for line in gate.lines(checked, stored.console().width):
        print(line)
    print(f"\nsaved: {stored.short(folder)}")
    if report:
        stored.write_page([stored.read(folder)])
    _write(checked, files)


def _write(checked: Check, files: Sequence[tuple[str, str]]) -> None:
    from concbench.reports.render import gate

    for form, file in files:
        stored.write_output(render(checked, form), form, file)
    if os.environ.get("GITHUB_ACTIONS"):
        for line in gate.github_annotations(checked):
            print(line)


def _empty(error: NothingShared) -> Check:
    """The check of sides that have no cell in common."""
    from concbench.reports.gate.results import Check

    after, before = error.titles[:2]
    return Check(after, before, (), alone=error.alone, run="-", warnings=(str(error),))


def render(checked: Check, form: str) -> str:
    """The check in another format."""
    from concbench.reports.gate import results
    from concbench.reports.render import gate

    written = {"junit": gate.junit, "json": results.document}.get(form, gate.document)(checked)
    # Another step may have left the summary without an end of line.
    return f"\n{written}" if form == "github" else written
