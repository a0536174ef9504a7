"""What a check leaves: answers on the terminal, in the run's folder, and where CI wants them.

`concbench check`: measure two sides until the gate has its answers, show and store them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..driver import Agenda, measure, with_sides
from ..driver.lab import workshop
from ..errors import Exit, Interrupted, NotComparable, UsageError
from ..gate.against import Against, against
from ..gate.samples import Pair, Rule, answers, asked, failed, name, pairs, unknown
from ..plan.settings import Settings, resolve
from ..store.journal import entries
from ..store.runs import run_to_resume, stored_settings
from ..store.state import History
from .exit import Outcome
from .progress import shown
from .stored import check_output, console, read, short, summaries, written, written_report

if TYPE_CHECKING:
    from reports.gate import Threshold
    from reports.gate.results import Checked


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
    checked: Checked, folder: Path, wanted: Sequence[tuple[str, str]], *, report: bool
) -> None:
    """Store it first, then print it, then write the page and the targets that are wanted."""
    from reports.gate import results as stored
    from reports.render import ci, gate

    try:
        (folder / stored.FILE).write_text(stored.document(checked), encoding="utf-8")
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


def rendered(checked: Checked, form: str) -> str:
    """The check in another format."""
    from reports.gate import results as stored
    from reports.render import ci, gate

    if form == "junit":
        return ci.junit(checked)
    if form == "json":
        return stored.document(checked)
    # Another step may have left the summary without an end of line.
    gap = "\n" if form == "github" else ""
    return f"{gap}{gate.document(checked)}"


BUDGET = 600.0
OPTIONS = ("against", "baseline", "fail_on", "relative", "resume", "export", "report")
SHOWN = ("quiet", "verbose")


def check(given: Mapping[str, Any], outcome: Outcome) -> None:
    """Say whether the first side is slower than the second, and exit by it."""
    settings, resume = _settings(given)
    wanted = thresholds([*given.get("fail_on", ())] or settings.gate.fail_on)
    files = targets(given.get("export", ()))
    going_on = resume is not None and "baseline" not in given
    found = Against(settings.side) if going_on else against(given, settings, Path.cwd())
    try:
        if found.baseline:
            from ..gate.baseline import against_baseline

            checked, folder = against_baseline(found.baseline, given, settings, wanted, resume)
        else:
            checked, folder = _sides(found, given, settings, wanted, resume)
    except Interrupted as error:
        name = f" --baseline {found.baseline}" if found.baseline else ""
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
    from reports.gate import parsed

    try:
        return parsed(texts)
    except ValueError as error:
        raise UsageError(f"--fail-on {error}") from None


def _sides(
    found: Against,
    given: Mapping[str, Any],
    settings: Settings,
    wanted: Sequence[Threshold],
    resume: Path | None,
) -> tuple[Checked, Path]:
    from reports.gate import values
    from reports.gate.results import Checked

    if resume is None:
        settings = settings.model_copy(update={"side": found.sides})
    if found.why:
        print(f"against {found.sides[1]}: {found.why}", file=sys.stderr)
    with workshop(settings.results) as shop:
        agenda = with_sides(shop, settings)
        both = pairs(agenda.cells)
        if not any(asked(pair, wanted) for pair in both):
            raise NotComparable("no threshold is for any of the cells")
        memory = any("memory" in asked(pair, wanted) for pair in both)
        warnings = [*agenda.warnings, *_too_fine(both, wanted, settings.results)]
        agenda = Agenda(agenda.sides, agenda.cells, warnings, memory, values)

        def rule(past: History) -> Rule:
            return Rule(agenda.cells, wanted, settings.seconds, past)

        with shown(bool(given.get("quiet")), bool(given.get("verbose"))) as watch:
            folder = measure(shop, agenda, settings, sys.argv[1:], watch, resume, rule)
    past = History(agenda.cells, entries(folder / "journal.jsonl"))
    return Checked(
        after=agenda.sides[0].title,
        before=agenda.sides[1].title,
        answers=tuple(answers(both, past, wanted)),
        failed=tuple(failed(both, past)),
        unknown=tuple(unknown(both, past, wanted)),
        seconds=past.elapsed,
        run=folder.name,
        warnings=tuple(agenda.warnings),
    ), folder


def _too_fine(both: Sequence[Pair], wanted: Sequence[Threshold], results: Path) -> Iterator[str]:
    """A line for the cells of which this machine is known to notice less than is asked."""
    from ..gate.noise import stored

    known = stored(results)
    least = {name(pair): asked(pair, wanted).get("batch") for pair in both}
    beyond = [cell for cell, asks in least.items() if asks and known.get(cell, 0.0) > asks]
    if beyond:
        told = ", ".join(f"{cell} {100 * known[cell]:.0f} %" for cell in beyond)
        yield f"by `doctor --noise` this machine notices only slow-downs from: {told}"


def count(checked: Checked, outcome: Outcome, *, strict: bool) -> None:
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
