"""What each command does, between options and exit code; prints on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Exit, UsageError
from .exit import Outcome
from .stored import check_targets, console, exported, read, short, summaries, viewed, written_report

if TYPE_CHECKING:
    from reports.analysis.tables import View
    from reports.run.stored import Stored

    from ..driver import DryRun
    from ..plan.settings import Settings

PRESETS = {"quick": "30s", "rigorous": "10m"}
OPTIONS = (
    *("resume", "dry_run", "save_baseline", "export", "report", "quiet", "verbose"),
    *("columns", "sort", "group_by"),
    *PRESETS,
)
"""What the command line takes that is no setting of a run."""


def run(given: Mapping[str, Any], outcome: Outcome) -> None:
    """Measure and show, or with `dry_run` only try."""
    from reports.render import summary

    from ..driver import dry_run, run
    from ..store import runs
    from .progress import shown

    settings, resume = _settings(given)
    targets = [*given.get("export", ()), *(f"github:{file}" for file in summaries())]
    check_targets(targets, len(settings.side))
    if "save_baseline" in given:
        results = resume.parent.parent if resume else settings.results
        runs.check_baseline(results, given["save_baseline"])
    view = _view(given, settings)
    with shown(bool(given.get("quiet")), bool(given.get("verbose"))) as watch:
        if given.get("dry_run"):
            found = dry_run(settings, watch)
        else:
            folder = run(settings, sys.argv[1:], watch, resume)
    if given.get("dry_run"):
        _tried(found, settings, outcome)
        return
    # All is kept before a word is printed: a reader such as `head -1` may hang up any time.
    outcome.run = folder.name.partition("-")[0]
    stored = _counted(folder, outcome)
    doubts = _doubts(stored, outcome) if settings.strict else []
    name = given.get("save_baseline")
    baseline = runs.save_baseline(folder, name) if name else None
    summary.show(stored, console(), view)
    for doubt in doubts:
        print(f"\nfailed with --strict: {doubt}")
    print(f"\nsaved: {short(folder)}")
    if baseline:
        print(f"baseline: {short(baseline)} (commit it)")
    if given.get("report"):
        written_report([stored])
    exported(stored, targets)
    _next_steps(settings)


def _settings(given: Mapping[str, Any]) -> tuple[Settings, Path | None]:
    from ..plan.settings import resolve
    from ..store.runs import run_to_resume, stored_settings

    named = [key for key in ("budget", *PRESETS) if key in given]
    if len(named) > 1:
        raise UsageError(f"--{named[0]} and --{named[1]} both set the budget: give one")
    flags = {key: value for key, value in given.items() if key not in OPTIONS}
    if named and named[0] in PRESETS:
        flags["budget"] = PRESETS[named[0]]
    if "resume" not in given:
        return resolve(flags), None
    folder = run_to_resume(resolve(flags).results, given["resume"])
    return resolve({**stored_settings(folder), **flags}), folder


def _view(given: Mapping[str, Any], settings: Settings) -> View:
    """How the run will be shown; UsageError before anything is measured."""
    from ..plan.cells import plan

    group_by = given.get("group_by")
    cells = plan(settings) if group_by else ()
    specs = (spec for one in cells for spec in (one.cell.workload, one.cell.strategy))
    params = [key for spec in specs for key in spec.params]
    return viewed(given.get("columns"), given.get("sort"), group_by, params)


def _counted(folder: Path, outcome: Outcome) -> Stored:
    from reports.analysis.records import write

    stored = read(folder)
    try:
        write(stored, folder)
    except OSError as error:
        raise UsageError(f"cannot write the tables to {folder}: {error.strerror}") from None
    statuses = [cell.status for cell in stored.run.cells]
    outcome.failed = statuses.count("failed")
    if outcome.failed:
        outcome.codes.add(Exit.FAILED)
    elif "measured" not in statuses:
        outcome.codes.add(Exit.NOTHING)
    return stored


def _doubts(stored: Stored, outcome: Outcome) -> list[str]:
    """A line about each cell that left something behind; each counts as one that failed."""
    from ..plan.cells import named

    known = [
        (named(cell.side, cell.name), stored.probes[cell.id])
        for cell in stored.run.cells
        if cell.id in stored.probes
    ]
    lines = [f"{name} left behind {'; '.join(one.left)}" for name, one in known if one.left]
    outcome.failed += len(lines)
    outcome.codes |= {Exit.FAILED} if lines else set()
    return lines


def _tried(found: DryRun, settings: Settings, outcome: Outcome) -> None:
    from ..driver.probing import SHARE

    for planned in found.plan:
        why = planned.reason or found.past.reason(planned.id)
        print(f"  {planned.name}: {why or 'ran once'}")
        outcome.failed += bool(found.past.reason(planned.id))
    if outcome.failed:
        outcome.codes.add(Exit.FAILED)
    one = found.seconds_per_round
    seconds = settings.seconds if settings.rounds is None else settings.rounds * one
    probing = SHARE * (settings.budget or seconds)
    after = f", then probes for up to {probing:.0f} s" if settings.probes else ""
    print(f"\n{len(found.plan)} cells, a round takes about {one:.1f} s", end="")
    if settings.rounds is not None:
        print(f": {settings.rounds} rounds about {seconds:.0f} s{after}")
    else:
        print(f": about {max(1, round(seconds / one))} rounds in {seconds:g} s{after}")


def _next_steps(settings: Settings) -> None:
    work = next((w for w in settings.workload if w.isidentifier()), "io_sleep")
    print("next:")
    for words, asked in (
        (f"run -w {work} -P workers=1:64:x2", "where does it stop scaling?"),
        ("run -w yourfile.py:function", "which model for your own work?"),
        ("run --rigorous", "ten minutes, narrower intervals"),
        ("report --open", "charts and a page to show"),
    ):
        print(f"  concbench {words:37} {asked}")
