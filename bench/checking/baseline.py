"""`check --baseline NAME`: the same cells now, against a run that was stored before."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..command_line.progress import shown
from ..driver import Agenda, measured, runnable
from ..errors import NotComparable, UsageError
from ..laboratory import workshop
from ..planning.plan import Planned, plan
from ..planning.settings import Settings
from ..sides.side import WORKING_TREE, Side
from ..storing.history import History
from ..storing.journal import entries
from .conditions import differences, here
from .kept import baseline, common, same_settings
from .same import Same
from .unpaired import Both

if TYPE_CHECKING:
    from reports.gate import Threshold
    from reports.gate.checked import Checked
    from reports.stored import Stored

RATIOS = "what slows every strategy down alike, the reference too, does not show in ratios"


@dataclass(frozen=True)
class Rule:
    """Measures what the stored run leaves undecided, as long as the budget lasts."""

    both: Both
    budget: float

    def __call__(self, _: Sequence[Mapping[int, float]]) -> set[int]:
        from reports.gate import allotment, unpaired

        chosen = {same.now.id for same in self.both.cells}
        if self.both.past.rounds:
            left = self.budget - self.both.past.elapsed
            chosen = set(allotment.chosen(unpaired.judged(self.both.evidence()), left))
        return {cell for same in self.both.cells if same.now.id in chosen for cell in same.cells}


def against_baseline(
    name: str,
    given: Mapping[str, Any],
    settings: Settings,
    wanted: Sequence[Threshold],
    resume: Path | None = None,
) -> tuple[Checked, Path]:
    """Measure the baseline's cells until they are decided; the answers, and the run's folder.

    Raises UsageError where there is no such baseline or it cannot be read, and NotComparable where
    its times mean something else here, or it has none of the cells.
    """
    if settings.side:
        raise UsageError("a baseline is compared with the working tree: leave out --side")
    stored = baseline(settings.results, name)
    relative = bool(given.get("relative")) or settings.gate.relative
    elsewhere = differences(stored.run.environment, here())
    if elsewhere and not relative:
        raise NotComparable(_elsewhere(name, elsewhere))
    if resume is None:  # else they are those of the run that goes on
        settings = same_settings(settings, given, stored.folder)
    cells, notes = common(plan(settings), stored, name, relative=relative)
    cells = _numbered(cells)
    _check_any(Both(cells, History(_planned(cells)), stored, wanted))
    folder = _measured(cells, notes, stored, settings, given, wanted, resume)
    past = History(_planned(cells), entries(folder / "journal.jsonl"))
    notes += [f"{name} was measured elsewhere: {one}" for one in elsewhere]
    return _checked(Both(cells, past, stored, wanted), name, notes, folder), folder


def _elsewhere(name: str, told: Sequence[str]) -> str:
    return "\n  ".join(
        [
            f"baseline '{name}' was measured under other conditions:",
            *told,
            "compare ratios instead with --relative, or measure it here with "
            f"`concbench run --save-baseline {name}`",
        ]
    )


def _check_any(both: Both) -> None:
    """Raise NotComparable where nothing that is asked could ever be told."""
    if not any(both.asked(same) for same in both.cells):
        raise NotComparable("no threshold is for any of the cells")
    if not any(both.told(same) for same in both.cells):
        raise NotComparable("nothing can be compared: " + "; ".join(both.unknown()))


def _numbered(cells: Sequence[Same]) -> list[Same]:
    """The cells numbered in their order, as a run has them, references among them."""
    planned = {cell.name: cell for same in cells for cell in _of(same)}
    order = sorted(planned.values(), key=lambda one: one.id)
    new = {one.name: replace(one, id=number) for number, one in enumerate(order)}
    return [
        replace(
            same,
            now=new[same.now.name],
            references=same.references and (new[same.references[0].name], same.references[1]),
        )
        for same in cells
    ]


def _planned(cells: Sequence[Same]) -> tuple[Planned, ...]:
    by_id = {cell.id: cell for same in cells for cell in _of(same)}
    return tuple(by_id[number] for number in sorted(by_id))


def _of(same: Same) -> list[Planned]:
    return [same.now, *([same.references[0]] if same.references else [])]


def _measured(
    cells: Sequence[Same],
    notes: Sequence[str],
    stored: Stored,
    settings: Settings,
    given: Mapping[str, Any],
    wanted: Sequence[Threshold],
    resume: Path | None,
) -> Path:
    agenda = Agenda((Side(""),), runnable(_planned(cells)), notes)

    def rule(past: History) -> Rule:
        for same in cells:
            # The same cell calibrates to 8 or 16 by chance; on another machine, with reason.
            if same.references is None and same.before.loops:
                past.loops.setdefault(same.now.id, same.before.loops)
        return Rule(Both(cells, past, stored, wanted), settings.seconds)

    with (
        workshop(settings.results) as shop,
        shown(bool(given.get("quiet")), bool(given.get("verbose"))) as watch,
    ):
        return measured(shop, agenda, settings, sys.argv[1:], watch, resume, rule)


def _checked(both: Both, name: str, notes: Sequence[str], folder: Path) -> Checked:
    from reports.gate.checked import Checked
    from reports.gate.unpaired import judged

    verdicts = judged(both.evidence())
    relative = any(same.references for same in both.cells)
    failed = [(both.name(same), both.reason(same)) for same in both.cells if both.reason(same)]
    return Checked(
        after=WORKING_TREE,
        before=f"baseline {name}{_revision(both.run)}",
        answers=tuple(both.answer(verdict) for verdict in verdicts),
        paired=False,
        relative=relative,
        failed=tuple(failed),
        unknown=tuple(both.unknown()),
        seconds=both.past.elapsed,
        run=folder.name,
        warnings=(*both.resolution(verdicts), *([RATIOS] if relative else []), *notes),
    )


def _revision(stored: Stored) -> str:
    revision = (stored.run.git or {}).get("revision")
    return f" ({revision[:7]})" if isinstance(revision, str) else ""
