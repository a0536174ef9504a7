"""The regression check: two sides, or a run and a stored one, measured until there is an answer.

What is decided, and by what method, is `concbench.reports.gate`.  Nothing here prints or reads a
run: whoever calls hands that in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concbench.reports.codes import coded
from concbench.reports.gate import decision, results
from concbench.reports.gate.evidence import OneSample
from concbench.reports.gate.thresholds import Threshold
from concbench.reports.run import keys, provenance
from concbench.reports.run.schema import Planned as StoredCell

from ..driver import Agenda, Plan, measure, runnable, with_sides
from ..driver.lab import Workshop, workshop
from ..driver.watch import Progress
from ..errors import NotComparable, UsageError
from ..machine import identity
from ..plan.settings import Settings
from ..processes.variables import recorded
from ..sides.commits import check_distinct
from ..sides.plans import Shared, plan_here
from ..sides.proof import proof
from ..store.journal import entries
from ..store.state import History
from . import noise
from .baseline import CELLS, baseline, common, not_compared, same_settings
from .readings import CellPair, pairs
from .samples import Samples, check_named, required

if TYPE_CHECKING:
    from concbench.reports.run.stored import Stored

RATIOS = "what slows every strategy alike, the reference too, does not show in ratios"


def check_sides(
    settings: Settings, limits: Sequence[Threshold], progress: Progress, resume: Path | None = None
) -> tuple[results.Check, Path]:
    """Measure the settings' two sides until all is decided; the answers and the run's folder.

    Raises UsageError where a threshold names no cell, NotComparable where both sides are of one
    commit.
    """
    with workshop() as shop:
        agenda = with_sides(shop, settings)
        samples = Samples(pairs(agenda.cells), limits, History(agenda.cells))
        check_distinct(agenda.sides, Path.cwd())
        check_named(limits, (one.cell for one in agenda.cells), agenda.alone)
        warnings = [*agenda.warnings, *_too_fine(samples, settings.results)]
        agenda = replace(agenda, warnings=warnings, probes=samples.probes, values=decision.values)
        samples, folder = _measured(shop, agenda, samples, settings, progress, resume)
    after, before = (side.title for side in agenda.sides)
    notes = [*warnings, *samples.past.warnings]
    return _checked(samples, after, before, notes, agenda.alone, folder), folder


def check_bounds(
    settings: Settings, limits: Sequence[Threshold], progress: Progress, resume: Path | None = None
) -> tuple[results.Check, Path]:
    """Measure the working tree by itself until all its bounds are decided; as `check_sides`."""
    shared = plan_here(settings)
    check_named(limits, (one.cell for one in shared.cells), ())
    wanted = [one for one in shared.cells if required(limits, one.cell)]
    cells = runnable(tuple(replace(one, id=place) for place, one in enumerate(wanted)))
    samples = Samples([CellPair(one.id, one, None) for one in cells], limits, History(cells))
    with workshop() as shop:
        agenda = _here(shop, shared, cells, shared.warnings, samples)
        samples, folder = _measured(shop, agenda, samples, settings, progress, resume)
    notes = [*shared.warnings, *samples.past.trouble]
    return _checked(samples, keys.WORKING_TREE, "", notes, (), folder), folder


def check_baseline(
    name: str,
    given: Mapping[str, Any],
    settings: Settings,
    limits: Sequence[Threshold],
    progress: Progress,
    read: Callable[[Path], Stored],
    resume: Path | None = None,
) -> tuple[results.Check, Path]:
    """Measure the baseline's cells until they are decided; the answers and the run's folder.

    Raises UsageError where there is no such baseline or it cannot be read, and NotComparable where
    its times mean something else here, or it has none of the cells.
    """
    if settings.side:
        raise UsageError(f"a baseline is compared with the {keys.WORKING_TREE}: leave out --side")
    stored = baseline(settings.results, name, read)
    relative = bool(given.get("relative")) or settings.gate.relative
    elsewhere = differences(stored)
    if not relative:
        _refuse(name, elsewhere, strict=settings.strict)
    if resume is None:  # else they are those of the run that goes on
        settings = same_settings(settings, given, stored.folder)
    shared = plan_here(settings)
    both, notes = common(shared.cells, stored, name, relative=relative)
    as_stored = same_settings(settings, {}, stored.folder)
    chosen = any(getattr(settings, key) != getattr(as_stored, key) for key in CELLS)
    alone = [*not_compared(notes, chosen=chosen)]
    notes = [coded("not-compared", note) for note in notes]
    check_named(limits, (pair.now.cell for pair in both), alone)
    by_id = {cell.id: cell for pair in both for cell in pair.planned}
    cells = tuple(by_id[number] for number in sorted(by_id))
    samples = Samples(both, limits, History(cells), stored)
    if not any(map(samples.answered, both)):
        raise NotComparable("nothing can be compared: " + "; ".join(samples.unknown()))
    with workshop() as shop:
        agenda = _here(shop, shared, runnable(cells), notes, samples)
        samples, folder = _measured(shop, agenda, samples, settings, progress, resume)
    for one in elsewhere:
        where = "on another patch level" if one.slight else "elsewhere"
        line = f"{name} was measured {where}: {_line(one)}"
        notes.append(coded("measured-elsewhere", line))
    if relative:
        notes.insert(0, coded("ratios-only", RATIOS))
    before = f"baseline {name}{_revision(stored)}"
    return _checked(samples, keys.WORKING_TREE, before, notes, alone, folder), folder


def _revision(stored: Stored) -> str:
    revision = (stored.run.git or {}).get("revision")
    return f" ({revision[:7]})" if isinstance(revision, str) else ""


def differences(stored: Stored) -> list[provenance.Mismatch]:
    """Each fact without which the stored times mean something else here, or may."""
    now = {"environment": identity.facts() | {"variables": recorded()}}
    before = provenance.record(stored.run)
    return provenance.differences(before, now, provenance.BASELINE, strict=True)


def _line(one: provenance.Mismatch) -> str:
    """`CPUs 4, here 2`."""
    return f"{one.what} {one.before}, here {one.now}"


def _refuse(name: str, elsewhere: Sequence[provenance.Mismatch], *, strict: bool) -> None:
    """Raise NotComparable for what changes times; if strict, for another patch level too."""
    unlike = [one for one in elsewhere if strict or not one.slight]
    if not unlike:
        return
    first = f"baseline '{name}' was measured under other conditions:"
    last = "compare ratios with --relative, or measure it here: "
    last += f"`concbench run --save-baseline {name}`"
    if all(one.slight for one in unlike):
        last += "; without --strict another patch level is only a warning"
    raise NotComparable("\n  ".join([first, *map(_line, unlike), last]))


def _here(
    shop: Workshop, shared: Shared, cells: Plan, notes: Sequence[str], samples: Samples
) -> Agenda:
    """What to measure of the working tree by itself."""
    there = proof(shop.children, shared.sides, Path.cwd())
    if there:
        there.plan(shared.sides[0])
    return Agenda(shared.sides, cells, notes, samples.probes, proof=there)


def _measured(
    shop: Workshop,
    agenda: Agenda,
    samples: Samples,
    settings: Settings,
    progress: Progress,
    resume: Path | None,
) -> tuple[Samples, Path]:
    """The same pairs with what a run gave of them, until all are decided; the run's folder."""

    def of(past: History) -> Samples:
        return Samples(samples.pairs, samples.thresholds, past, samples.stored)

    def rule(past: History) -> Any:
        for pair in samples.pairs:
            # The same cell calibrates to 8 or 16 by chance; on another machine, with reason.
            loops = pair.before.loops if isinstance(pair.before, StoredCell) else None
            if loops and not pair.references:
                past.loops.setdefault(pair.now.id, loops)
        return of(past).rule(settings.seconds)

    agenda = replace(agenda, starts_alone=samples.starts)
    with progress() as watch:
        folder = measure(shop, agenda, settings, sys.argv[1:], watch, resume, rule)
    return of(History(agenda.cells, entries(folder / "journal.jsonl"))), folder


def _checked(
    samples: Samples,
    after: str,
    before: str,
    notes: Sequence[str],
    alone: Sequence[tuple[str, str]],
    folder: Path,
) -> results.Check:
    verdicts = decision.judge(samples.evidence())
    if samples.stored is not None:
        names = {pair.number: samples.name(pair) for pair in samples.pairs}
        called = {
            f"{names[one.evidence.cell]} {one.evidence.metric}": one
            for one in verdicts
            if not isinstance(one.evidence, OneSample)
        }
        notes = [*results.resolution(called), *notes]
    return results.Check(
        after=after,
        before=before,
        answers=tuple(map(samples.result, verdicts)),
        paired=samples.stored is None,
        relative=any(pair.references for pair in samples.pairs),
        failed=tuple(samples.failed()),
        unknown=tuple(samples.unknown()),
        alone=tuple(alone),
        seconds=samples.past.elapsed,
        run=folder.name,
        warnings=tuple(notes),
    )


def _too_fine(samples: Samples, folder: Path) -> list[str]:
    """A line for the cells of which this machine is known to notice less than is asked."""
    known = noise.stored(folder)
    least = {pair.short_name: samples.asked(pair).get("batch") for pair in samples.pairs}
    beyond = [cell for cell, asks in least.items() if asks and known.get(cell, 0.0) > asks]
    cells = ", ".join(f"{cell} {100 * known[cell]:.0f} %" for cell in beyond)
    line = f"this machine notices only larger slow-downs (doctor --noise): {cells}"
    return [coded("noise-floor", line)] if beyond else []
