"""What a check leaves: answers on the terminal, in the run's folder, and where CI wants them.

`concbench check`: measure two sides until the gate has its answers, show and store them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.files import write_whole

from .. import gate as checks
from ..errors import Exit, Interrupted, UsageError
from ..gate.baseline import Counterpart, counterpart
from ..gate.samples import BUDGET
from ..plan.settings import Settings, resolve
from ..store.runs import run_to_resume, stored_settings
from .exit import Outcome
from .progress import shown
from .stored import check_output, console, read, short, summaries, written, written_report

if TYPE_CHECKING:
    from reports.gate.results import Check
    from reports.gate.thresholds import Threshold


FORMATS = ("junit", "md", "json", "github")


def targets(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Format and file of each `FORMAT:FILE`, and of the summary of GitHub's step.

    Raises UsageError for a format that there is not and a file that cannot be written.
    """
    found = []
    for text in texts:
        form, _, file = text.partition(":")
        if form not in FORMATS:
            raise UsageError(f"no format '{form}' of a check (there are: {', '.join(FORMATS)})")
        found.append((form, file or "-"))
    found += [("github", file) for file in summaries()]
    for _, file in found:
        check_output(file)
    return found


def finished(
    checked: Check, folder: Path, wanted: Sequence[tuple[str, str]], *, report: bool
) -> None:
    """Store it first, then print it, then write the page and the targets that are wanted."""
    from reports.gate import results as stored
    from reports.render import ci, gate

    try:
        write_whole(folder / stored.FILE, stored.document(checked))
    except OSError as error:
        raise UsageError(f"cannot write {folder / stored.FILE}: {error.strerror}") from None
    for line in gate.lines(checked, console().width):
        print(line)
    print(f"\nsaved: {short(folder)}")
    if report:
        written_report([read(folder)])
    for form, file in wanted:
        written(rendered(checked, form), form, file)
    if os.environ.get("GITHUB_ACTIONS"):
        for line in ci.github_annotations(checked):
            print(line)


def rendered(checked: Check, form: str) -> str:
    """The check in another format."""
    from reports.gate import results as stored
    from reports.render import ci, gate

    if form == "junit":
        return ci.document(checked)
    if form == "json":
        return stored.document(checked)
    # Another step may have left the summary without an end of line.
    gap = "\n" if form == "github" else ""
    return f"{gap}{gate.document(checked)}"


OPTIONS = ("against", "baseline", "fail_on", "relative", "resume", "export", "report")
SHOWN = ("quiet", "verbose")


def check(given: Mapping[str, Any], outcome: Outcome) -> None:
    """Say whether the first side is slower than the second, and exit by it."""
    settings, resume = _settings(given)
    wanted = thresholds([*given.get("fail_on", ())] or settings.gate.fail_on)
    files = targets(given.get("export", ()))
    going_on = resume is not None and "baseline" not in given
    before = Counterpart(settings.side) if going_on else counterpart(given, settings, Path.cwd())
    if before.why:
        print(f"against {before.sides[1]}: {before.why}", file=sys.stderr)
    progress = partial(shown, bool(given.get("quiet")), bool(given.get("verbose")))
    try:
        if before.baseline:
            checked, folder = checks.check_baseline(
                before.baseline, given, settings, wanted, progress, read, resume
            )
        else:
            if resume is None:
                settings = settings.model_copy(update={"side": before.sides})
            checked, folder = checks.check_sides(settings, wanted, progress, resume)
    except Interrupted as error:
        name = f" --baseline {before.baseline}" if before.baseline else ""
        raise Interrupted(error.folder, f"check{name}") from None
    outcome.run = folder.name.partition("-")[0]
    count(checked, outcome, strict=settings.strict)
    finished(checked, folder, files, report=bool(given.get("report")))


def _settings(given: Mapping[str, Any]) -> tuple[Settings, Path | None]:
    flags = {key: one for key, one in given.items() if key not in (*OPTIONS, *SHOWN)}
    resume = None
    if "resume" in given:
        resume = run_to_resume(resolve(flags).results, given["resume"])
        flags = {**stored_settings(resume), **flags}
        if "baseline" not in given and len(flags.get("side", ())) != 2:
            raise UsageError(f"{resume.name} is no check of two sides that could go on")
    settings = resolve(flags)
    more: dict[str, Any] = {}
    if "side" not in flags:
        more["side"] = ()  # of the options file or the environment: what `run` compares
    if settings.budget is None and settings.rounds is None:
        more["budget"] = BUDGET
    if "probe" not in settings.model_fields_set:
        more["probe"] = ("none",)  # its time is for rounds
    return settings.model_copy(update=more), resume


def thresholds(texts: Sequence[str]) -> tuple[Threshold, ...]:
    """What fails the check; UsageError names the text that is no threshold."""
    from reports.gate.thresholds import parse

    try:
        return parse(texts)
    except ValueError as error:
        raise UsageError(f"--fail-on {error}") from None


def count(checked: Check, outcome: Outcome, *, strict: bool) -> None:
    """Exit code and last line: doubt is a failure with `strict` alone."""
    outcome.regressions = len(checked.of("slower"))
    outcome.failed = len({cell for cell, _ in checked.failed})
    outcome.inconclusive = checked.doubts
    if outcome.regressions:
        outcome.codes.add(Exit.REGRESSION)
    if outcome.failed:
        outcome.codes.add(Exit.FAILED)
    if checked.doubts and strict:
        outcome.codes.add(Exit.INCONCLUSIVE)
