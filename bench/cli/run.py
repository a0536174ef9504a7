"""`concbench run`: measure, show, and keep what was asked for."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from concbench.reports.codes import coded
from concbench.reports.text import legible

from ..errors import Exit, UsageError
from . import options, outlook, stored
from .exit import Outcome, ending, writing
from .progress import watching

if TYPE_CHECKING:
    from concbench.reports.analysis.tables import View
    from concbench.reports.run.stored import Stored

    from ..driver import DryRun
    from ..plan.cells import PlannedCell
    from ..plan.settings import Settings

    Output = tuple[View, list[str]]

PRESETS = {"quick": "30s", "rigorous": "10m"}

Budget = Annotated[
    str | None,
    Option(metavar="TIME", help="Time for all of it, such as 10m or 1h (default: 60s)."),
]
Until = Annotated[
    str | None,
    Option(metavar="decided", help="Measure until the fastest is known, for at most 10m."),
]
Quick = Annotated[bool, Option("--quick", help="Same as --budget 30s.")]
Rigorous = Annotated[bool, Option("--rigorous", help="Same as --budget 10m.")]
Side = Annotated[
    options.Several,
    Option(
        metavar="SIDE",
        help="Compare this in the same rounds: git:REV, python:PATH, python:3.12, pip:REQUIREMENT, "
        "env:KEY=VALUE, strategy:NAME, or 'working tree'; repeatable.",
    ),
]
Probe = Annotated[
    options.Several,
    Option(
        metavar="NAME,...",
        help="Measure in one more, untimed pass: memory, latency, lag (all three by default), "
        "trace, all or none; repeatable.",
    ),
]
Raw = Annotated[bool, Option("--raw", help="Store the times of each task (probe latency).")]
Dry = Annotated[
    bool, Option("-n", "--dry-run", help="Run each cell once, estimate the time, store nothing.")
]
SaveBaseline = Annotated[
    str | None, Option(metavar="NAME", help="Save the run as a baseline for later checks.")
]
Export = Annotated[
    options.Several,
    Option(
        metavar="FORMAT[:FILE]",
        help="Also export the run; repeatable.",
        autocompletion=options.formats,
    ),
]


def run(
    workload: options.Workload = None,
    strategy: options.Strategy = None,
    param: options.Param = None,
    inputs: options.Inputs = None,
    tasks: options.Tasks = None,
    workers: options.Workers = None,
    start: options.Start = None,
    budget: Budget = None,
    rounds: options.Rounds = None,
    until: Until = None,
    quick: Quick = False,
    rigorous: Rigorous = False,
    timeout: options.Timeout = None,
    seed: options.Seed = None,
    reference: options.Reference = None,
    margin: options.Margin = None,
    side: Side = None,
    probe: Probe = None,
    raw: Raw = False,
    strict: options.Strict = False,
    exact: options.Exact = False,
    warm: options.Warm = False,
    fresh: options.Fresh = False,
    results: options.Results = None,
    resume: options.Resume = None,
    dry_run: Dry = False,
    save_baseline: SaveBaseline = None,
    export: Export = None,
    report: options.Report = False,
    columns: options.Columns = None,
    sort: options.Sort = None,
    group_by: options.GroupBy = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure, and say which concurrency model to use."""
    given = options.given(locals())
    with ending(last_line=True, verbose=verbose) as outcome:
        measure(given, outcome)


def measure(given: Mapping[str, Any], outcome: Outcome) -> None:
    """Run what the options of `run` say, or try it, and show what came out."""
    from .. import driver

    settings, unfinished = _settings(given)
    output = _output(given, settings, unfinished)
    quiet, verbose = (bool(given.get(key)) for key in ("quiet", "verbose"))
    if "dry_run" in given:
        with watching(quiet, verbose) as watch:
            trial = driver.dry_run(settings, watch)
        _show_trial(trial, settings, outcome, verbose)
        return

    def planned(cells: Sequence[PlannedCell]) -> None:
        if not quiet and (doubt := outlook.too_few_rounds(settings, cells)):
            print(f"concbench: {coded('short-budget', doubt)}", file=sys.stderr)

    with watching(quiet, verbose) as watch:
        showing = _showing(bool(given.get("report")))
        folder = driver.run(settings, sys.argv[1:], watch, unfinished, showing, planned)
    _show(folder, given, settings, output, outcome)


def _showing(page: bool) -> float:
    """Seconds of the budget that are needed when all is measured."""
    from ..driver.schedule import ENDING_SECONDS, PAGE_SECONDS

    return ENDING_SECONDS + PAGE_SECONDS * page


def _settings(given: Mapping[str, Any]) -> tuple[Settings, Path | None]:
    """The settings, and the folder of the run to go on with."""
    from ..plan.settings import Settings, resolve, resumed
    from ..store.runs import run_to_resume, settings_to_resume

    named = [key for key in ("budget", *PRESETS) if key in given]
    if len(named) > 1:
        raise UsageError(f"--{named[0]} and --{named[1]} both set the budget: give one")
    flags = {key: value for key, value in given.items() if key in Settings.model_fields}
    if named and named[0] in PRESETS:
        flags["budget"] = PRESETS[named[0]]
    if "resume" not in given:
        return resolve(flags), None
    results = resolve({"results": flags.get("results")}).results
    folder = run_to_resume(results, given["resume"])
    return resumed(folder.name, settings_to_resume(folder), flags, results), folder


def _output(given: Mapping[str, Any], settings: Settings, unfinished: Path | None) -> Output:
    """How the run will be shown, and exported; UsageError before anything is measured."""
    from concbench.reports.analysis import tables

    from ..sides.plans import plan_here
    from ..store import runs

    targets = [*given.get("export", ()), *(f"github:{file}" for file in stored.summaries())]
    stored.check_targets(targets, len(settings.side))
    if "save_baseline" in given:
        results = unfinished.parent.parent if unfinished else settings.results
        runs.check_baseline(results, given["save_baseline"])
    group_by = given.get("group_by")
    cells = plan_here(settings).cells if group_by else ()
    specs = (spec for one in cells for spec in (one.cell.workload, one.cell.strategy))
    params = [key for spec in specs for key in spec.params]
    return tables.wanted(given.get("columns"), given.get("sort"), group_by, params), targets


def _show(
    folder: Path, given: Mapping[str, Any], settings: Settings, output: Output, outcome: Outcome
) -> None:
    # All is kept before a word is printed: a reader such as `head -1` may hang up any time.
    from concbench.reports.analysis import records
    from concbench.reports.render import summary

    from ..store import runs

    outcome.run = folder.name.partition("-")[0]
    run = stored.read(folder)
    with writing(folder):
        records.write(run, folder)
    statuses = [cell.status for cell in run.run.cells]
    outcome.failed = statuses.count("failed")
    if "measured" not in statuses:
        outcome.codes.add(Exit.NOTHING)
    doubts = _doubts(run, outcome) if settings.strict else []
    name = given.get("save_baseline")
    baseline = runs.save_baseline(folder, name) if name else None
    view, targets = output
    summary.show(run, stored.console(), view)
    for doubt in doubts:
        print(f"\nfailed with --strict: {doubt}")
    print(f"\nsaved: {stored.short(folder)}")
    if baseline:
        from ..gate.baseline import doubts as doubts_of_baseline

        print(f"baseline: {stored.short(baseline)} (commit it)")
        for doubt in doubts_of_baseline(run):
            print(f"concbench: baseline '{name}': {doubt}", file=sys.stderr)
    if given.get("report"):
        stored.write_page([run])
    stored.write_targets(run, targets)
    if given.get("verbose"):
        failures = [(run.run.cells[one.cell].name, one) for one in run.run.failures]
        _show_tracebacks((name, one.message, one.traceback) for name, one in failures)
    for line in outlook.undecided(run):
        print(line)
    if any(cell.status == "measured" for cell in run.run.cells):
        outlook.show_next(given, settings)


def _doubts(run: Stored, outcome: Outcome) -> list[str]:
    """A line about each cell that left something behind; each counts as one that failed."""
    from ..plan.cells import named

    lines = [
        f"{named(cell.side, cell.name)} left behind {'; '.join(left)}"
        for cell in run.run.cells
        if cell.id in run.probes and (left := run.probes[cell.id].left)
    ]
    outcome.failed += len(lines)
    return lines


def _show_tracebacks(failures: Iterable[tuple[str, str, str]]) -> None:
    """Print each failure of a cell with its traceback, those that are alike once."""
    for name, message, traceback in dict.fromkeys(failures):
        print(f"\n{name} failed: {legible(message)}")
        if traceback:
            print(textwrap.indent(legible(_of_user(traceback)).rstrip(), "  "))


def _of_user(traceback: str) -> str:
    """The traceback from the first frame on that is none of ours; all of it where there is none."""
    head, *frames = re.split(r'(?m)^(?=  File ")', traceback)
    ours = f'  File "{Path(__file__).parents[1]}{os.sep}'
    own = list(dropwhile(lambda frame: frame.startswith(ours), frames))
    return head + "".join(own or frames)


def _show_trial(trial: DryRun, settings: Settings, outcome: Outcome, verbose: bool) -> None:
    from ..driver.probing import most_seconds

    if verbose:
        failures = [(trial.plan[one["cell"]].name, one) for one in trial.past.failures]
        _show_tracebacks((name, one["message"], one["traceback"]) for name, one in failures)
    for planned in trial.plan:
        why = planned.reason or trial.past.reason(planned.id)
        print(f"  {planned.name}: {why or 'ran once'}")
        outcome.failed += bool(trial.past.reason(planned.id))
    one, share = trial.seconds_per_round, outlook.for_rounds(settings)
    if settings.rounds is None:
        seconds = settings.seconds
        count = f"about {max(1, round(share * seconds / one))} rounds in {seconds:g} s"
        count += ", with probes" * bool(settings.probes)
    else:
        seconds = settings.rounds * one
        count = f"{settings.rounds} round{'s' * (settings.rounds > 1)} about {seconds:.0f} s"
        probing = most_seconds(settings.budget, seconds)
        count += f", then probes for up to {probing:.0f} s" * bool(settings.probes)
    print(f"\n{len(trial.plan)} cells, a round takes about {one:.1f} s: {count}")
    blocks = [planned.block for planned in trial.plan if not planned.reason]
    most = max(map(blocks.count, set(blocks)), default=0)
    doubt = outlook.few_rounds(len(blocks), most, one, settings.seconds, share)
    if doubt and settings.rounds is None:
        print(coded("short-budget", doubt))
