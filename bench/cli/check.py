"""`concbench check`: measure two sides until the gate has its answers, show and store them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from ..errors import Exit, Interrupted, UsageError
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
        help="What to compare with: git:REV, python:3.12, env:KEY=VALUE, strategy:NAME. "
        "Without it the baseline of [tool.concbench.gate], else what git suggests.",
    ),
]
Side = Annotated[str | None, Option(metavar="SIDE", help="What to check, if not the working tree.")]
Baseline = Annotated[
    str | None, Option(metavar="NAME", help="Compare with a stored baseline, unpaired.")
]
Relative = Annotated[
    bool, Option("--relative", help="With --baseline: ratios to the reference alone.")
]
FailOn = Annotated[
    options.Several,
    Option(
        metavar="METRIC>PERCENT%",
        help="batch>5% (the default), one_shot, cpu, memory; 'w:http_get batch>8%'; repeatable.",
    ),
]
Budget = Annotated[str | None, Option(help="The most time it may take: 10m (the default).")]
Export = Annotated[
    options.Several, Option(metavar="FORMAT[:FILE]", help="junit, md, json, github; repeatable.")
]


def check(
    against: Against = None,
    side: Side = None,
    baseline: Baseline = None,
    relative: Relative = False,
    fail_on: FailOn = None,
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
    strict: options.Strict = False,
    exact: options.Exact = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure two sides in the same rounds; exit 1 when the first is slower."""
    given = options.given(locals())
    with ending(last_line=True) as outcome:
        settings, unfinished = _settings(given)
        limits = thresholds(fail_on or settings.gate.fail_on)
        files = targets(export or ())
        checked, folder = _measure(given, settings, limits, unfinished)
        outcome.run = folder.name.partition("-")[0]
        outcome.regressions = len(checked.of("slower"))
        outcome.failed = len({cell for cell, _ in checked.failed})
        outcome.notcompared = len(checked.alone)
        outcome.inconclusive = checked.doubts - outcome.notcompared
        if checked.doubts and settings.strict:
            outcome.codes.add(Exit.INCONCLUSIVE)
        _publish(checked, folder, files, report=report)


def _settings(given: Mapping[str, Any]) -> tuple[Settings, Path | None]:
    """The settings, and the folder of the run to go on with."""
    from ..gate.samples import BUDGET
    from ..plan.settings import Settings, resolve
    from ..store.runs import run_to_resume, stored_settings

    flags = {key: one for key, one in given.items() if key in Settings.model_fields}
    unfinished = None
    if "resume" in given:
        unfinished = run_to_resume(resolve(flags).results, given["resume"])
        flags = {**stored_settings(unfinished), **flags}
        if "baseline" not in given and len(flags.get("side", ())) != 2:
            raise UsageError(f"{unfinished.name} is no check of two sides that could go on")
    settings = resolve(flags)
    more: dict[str, Any] = {}
    if "side" not in flags:
        more["side"] = ()  # of the options file or the environment: what `run` compares
    if settings.budget is None and settings.rounds is None:
        more["budget"] = BUDGET
    if "probe" not in settings.model_fields_set:
        more["probe"] = ("none",)  # its time is for rounds
    return settings.model_copy(update=more), unfinished


def thresholds(texts: Sequence[str]) -> Limits:
    """What fails the check; UsageError names the text that is no threshold."""
    from concbench.reports.gate.thresholds import parse

    try:
        return parse(texts)
    except ValueError as error:
        raise UsageError(f"--fail-on {error}") from None


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

    goes_on = unfinished is not None and "baseline" not in given
    other = Counterpart(settings.side) if goes_on else counterpart(given, settings, Path.cwd())
    if other.why:
        print(f"against {other.sides[1]}: {other.why}", file=sys.stderr)
    progress = partial(watching, bool(given.get("quiet")), bool(given.get("verbose")))
    try:
        if other.baseline:
            return gate.check_baseline(
                other.baseline, given, settings, limits, progress, stored.read, unfinished
            )
        if unfinished is None:
            settings = settings.model_copy(update={"side": other.sides})
        return gate.check_sides(settings, limits, progress, unfinished)
    except Interrupted as error:
        name = f" --baseline {other.baseline}" if other.baseline else ""
        raise Interrupted(error.folder, f"check{name}") from None


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
    for form, file in files:
        stored.write_output(render(checked, form), form, file)
    if os.environ.get("GITHUB_ACTIONS"):
        for line in gate.github_annotations(checked):
            print(line)


def render(checked: Check, form: str) -> str:
    """The check in another format."""
    from concbench.reports.gate import results
    from concbench.reports.render import gate

    written = {"junit": gate.junit, "json": results.document}.get(form, gate.document)(checked)
    # Another step may have left the summary without an end of line.
    return f"\n{written}" if form == "github" else written
