"""A run from settings to a stored folder: the whole program, in the order in which it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any

from concbench.reports.codes import coded
from concbench.reports.stats import stopping

from ..errors import Interrupted, NothingSelected, UsageError
from ..plan.cells import PlannedCell, alike
from ..plan.settings import Settings
from ..sides import MeasuredSide
from ..sides.build import sides
from ..sides.commits import NO_REPOSITORY, why_none
from ..sides.plans import plans
from ..sides.proof import Proof, proof
from ..sides.revisions import missing_data, missing_submodules
from ..store import circumstances, entries, journal, runs
from ..store.state import History
from . import probe_results, schedule
from .lab import Lab, Workshop, open_lab, workshop
from .probing import Ahead, Probing
from .rounds import Course, Limits, Wanted
from .watch import Watch, Watcher

Plan = tuple[PlannedCell, ...]


def run(
    settings: Settings,
    argv: Sequence[str],
    watch: Watch,
    resume: Path | None = None,
    ending: float = schedule.ENDING_SECONDS,
    planned: Callable[[Plan], None] = lambda _: None,
) -> Path:
    """Measure what the settings select and return the folder of the stored run.

    `ending` are the seconds of the budget that the caller needs to show it; `planned` is called
    with the cells before anything is measured.  Raises UsageError
    before anything is measured, and Interrupted, with the folder, when a signal ended the run; what
    was measured is saved in either case.
    """
    with _prepared(settings) as (shop, agenda):
        agenda = replace(agenda, ending=ending, fewer=_may_have_fewer(settings))
        planned(agenda.cells)
        return measure(shop, agenda, settings, argv, watch, resume)


def _may_have_fewer(settings: Settings) -> bool:
    """Whether nobody asked for a number of tasks, so that slow ones may be fewer."""
    return settings.tasks is None and not any(one.startswith("tasks=") for one in settings.param)


@contextmanager
def _prepared(settings: Settings) -> Iterator[tuple[Workshop, Agenda]]:
    """The machine to ourselves, and what to measure."""
    with workshop() as shop:
        yield shop, with_sides(shop, settings) if settings.side else alone(shop, settings)


def alone(shop: Workshop, settings: Settings) -> Agenda:
    """The cells of the working tree, which are planned in a process of their own."""
    began = time.monotonic()
    shared = plans(shop.children, settings, (MeasuredSide(""),), shop.folder)
    planning = time.monotonic() - began
    return Agenda(shared.sides, runnable(shared.cells), shared.warnings, planning=planning)


@dataclass(frozen=True)
class Agenda:
    """What a run measures: cells, the sides they are of, and what a reader must know of them.

    A pass with `probes` follows each visit, if there are any; from the seconds of a value `values`
    says how many a process gives (None: as many as pay); `proof` is told what they import.
    """

    sides: tuple[MeasuredSide, ...]
    cells: Plan
    warnings: Sequence[str] = ()
    probes: tuple[str, ...] = ()
    values: Callable[[float], int] | None = None
    proof: Proof | None = None
    alone: Sequence[tuple[str, str]] = ()
    """Cells that not every side has, and why."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What run.json holds besides."""
    ending: float = schedule.ENDING_SECONDS
    """Seconds of the budget that are needed when all is measured."""
    planning: float = 0.0
    """Seconds of it that are spent already: to plan imports what is measured."""
    fewer: bool = False
    """Whether batches of slow tasks may have fewer than planned."""
    starts_alone: bool = False
    """Whether starting is what is looked at: then no worker opens beside others."""


def with_sides(shop: Workshop, settings: Settings) -> Agenda:
    """The cells that all sides have; sides that are not built yet are built first."""
    built = sides(shop.children, settings.side, shop.folder)
    there = proof(shop.children, built, Path.cwd())
    notes = [*missing_data(shop.children, built), *missing_submodules(shop.children, built)]
    if there is None and (why := why_none(Path.cwd())) != NO_REPOSITORY:
        notes.append(coded("imports-unchecked", f"what the sides import is not checked: {why}"))
    try:
        shared = plans(shop.children, settings, built, shop.folder)
    except UsageError as error:
        error.args = ("\n  ".join([str(error), *notes]),)  # one of them may be the cause
        raise
    for side in shared.sides:
        if there:
            there.plan(side)
    cells = runnable(shared.cells)
    warnings = [*shared.warnings, *notes]
    return Agenda(shared.sides, cells, warnings, proof=there, alone=shared.alone)


def measure(
    shop: Workshop,
    agenda: Agenda,
    settings: Settings,
    argv: Sequence[str],
    watch: Watch,
    resume: Path | None = None,
    rule: Callable[[History], Wanted] | None = None,
) -> Path:
    """Measure an agenda, until the rule wants no more; the folder of the stored run."""
    cells = agenda.cells
    about = _facts(agenda, settings, argv, resume)
    seed = about["seed"]
    past = History(cells, _entries(resume / "journal.jsonl", cells) if resume else ())
    limit, probes = limits(settings), settings.probes
    after = Ahead(past, probes, limit, agenda.ending + agenda.planning)
    past.starts_alone = agenda.starts_alone
    if settings.fresh:
        past.first_counts |= {one.block for one in cells}
    with ExitStack() as fixtures:
        opened = open_lab(
            *(shop, agenda.sides, cells, seed, past.elapsed, agenda.probes),
            proof=agenda.proof,
            exact=settings.exact,
        )
        lab = fixtures.enter_context(opened)
        folder = resume or runs.create(settings.results)
        with (
            _saving(folder, about, past) as save,
            journal.Journal(folder / "journal.jsonl") as log,
            _noting(lab, fixtures, past, log.append) as note,
        ):

            def end_round() -> None:
                note()
                save()

            schedule.Scouts(
                past, lab, log.append, limit, after.ending, after.most, agenda.fewer
            ).run()
            cells, watcher = past.plan, Watcher(watch, lab.elapsed, past, limit, after)
            course = Course(
                *(cells, past, lab, log.append, end_round, watcher.visit, limit, seed),
                *(agenda.values, after),
            )
            course.run(rule(past) if rule else _wanted(settings, cells))
            times = partial(probe_results.write, folder) if settings.raw else None
            probing = Probing(
                *(cells, past, lab, probes, log.append, watcher.probe, limit, times, after.ending)
            )
            about["warnings"] += probing.run(settings.budgeted)
    return folder


def _entries(path: Path, cells: Plan) -> list[dict[str, Any]]:
    """What a journal of this plan says; UsageError where it cannot be one."""
    stored = journal.entries(path)
    entries.check(stored, {one.id for one in cells}, {one.block for one in cells}, path)
    return stored


def _facts(
    agenda: Agenda, settings: Settings, argv: Sequence[str], resume: Path | None
) -> dict[str, Any]:
    """What is stored of the run itself; refuses to resume one that differs."""
    seed = SystemRandom().randrange(2**32) if settings.seed is None else settings.seed
    about = circumstances.facts(settings, agenda.sides, agenda.cells, seed)
    about |= {"argv": list(argv), "warnings": [*agenda.warnings, *about["warnings"]], **agenda.more}
    names = [planned.name for planned in _as_begun(agenda.cells, resume)]
    stored = runs.resumable(resume, names, about) if resume else {}
    return about | {key: stored[key] for key in ("started", "argv", "seed") if key in stored}


def _as_begun(cells: Plan, resume: Path | None) -> Plan:
    """The plan with the tasks that a run which goes on found time for."""
    stored = journal.entries(resume / "journal.jsonl") if resume else []
    blocks = {one.block for one in cells}
    fewer = [one for one in stored if one.get("event") == "fewer" and one.get("block") in blocks]
    return History(cells, [one for one in fewer if isinstance(one.get("tasks"), int)]).plan


@dataclass(frozen=True)
class DryRun:
    """One visit of every cell: its failures, and how long a round takes in seconds."""

    plan: Plan
    past: History
    seconds_per_round: float


def dry_run(settings: Settings, watch: Watch) -> DryRun:
    """Run every cell once and store nothing."""
    with _prepared(settings) as (shop, agenda):
        cells = agenda.cells
        past, once = History(cells), Limits(limits(settings).budget, 1, settings.timeout)
        opened = open_lab(shop, agenda.sides, cells, 0, proof=agenda.proof, exact=settings.exact)
        with opened as lab:
            schedule.Scouts(past, lab, lambda _: None, once).run()
            visit = Watcher(watch, lab.elapsed, past, once, lambda: 0.0).visit
            course = Course(cells, past, lab, lambda _: None, lambda: None, visit, once, 0)
            course.run(lambda _: [planned.id for planned in cells])
            return DryRun(cells, past, lab.elapsed())


def runnable(cells: Plan) -> Plan:
    """The plan, if any of its cells can run; NothingSelected says why none can."""
    if all(planned.reason for planned in cells):
        reasons = "; ".join(sorted({f"{p.cell.name}: {p.reason}" for p in cells}))
        raise NothingSelected(f"nothing selected can run here: {reasons}")
    return cells


def limits(settings: Settings) -> Limits:
    """What ends the run; rounds asked for without a budget have all the time they need."""
    return Limits(settings.seconds, settings.rounds, settings.timeout)


@contextmanager
def _saving(folder: Path, facts: Mapping[str, Any], past: History) -> Iterator[Callable[[], None]]:
    """Yield what saves the run, and save it at the beginning and, however it ends, at the end."""

    def save(state: str = "running") -> None:
        ended = None if state == "running" else runs.stamp()
        runs.write(folder, {**facts, "state": state, "ended": ended}, past.plan, past)

    save()
    runs.point_latest(folder)
    try:
        yield save
    except BaseException as error:
        with suppress(UsageError):  # a full disk; the journal has it all, and the error says so
            save("interrupted")
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(folder) from None
        raise
    save("finished")


@contextmanager
def _noting(
    lab: Lab, fixtures: ExitStack, past: History, record: Callable[[Mapping[str, Any]], None]
) -> Iterator[Callable[[], None]]:
    """Yield what notes the trouble so far; at any end leave the fixtures and note theirs.

    It goes to the journal, where neither an interrupt nor a resume loses it.
    """
    noted: dict[str, int] = {}

    def note() -> None:
        for what, left in lab.leftovers().items():
            if more := left.times - noted.get(what, 0):
                entry = {"event": "left", "what": what, "by": left.cell, "times": more}
                record(entry)
                past.add(entry)
                noted[what] = left.times
        new = [line for line in dict.fromkeys(lab.trouble()) if line not in past.trouble]
        if new:
            entry = {"event": "trouble", "lines": new}
            record(entry)
            past.add(entry)
        for entry in lab.proof.entries() if lab.proof else ():
            record(entry)
            past.add(entry)

    def end() -> None:
        lab.sweep()
        note()  # before a fixture that takes its time, and a second Ctrl-C
        fixtures.close()
        note()

    try:
        yield note
    except BaseException:
        with suppress(UsageError):  # a full disk: what ended the run says more
            end()
        raise
    end()


def _wanted(settings: Settings, cells: Plan) -> Wanted:
    if settings.rounds is not None:
        return lambda _: [planned.id for planned in cells]
    blocks = []
    for block in sorted({p.block for p in cells}):
        own = [p for p in cells if p.block == block]
        reference = next((p.id for p in own if p.reference), None)
        blocks.append(stopping.Cohort(tuple(p.id for p in own), reference))
    by_id = {planned.id: planned for planned in cells}

    def wanted(history: Sequence[Mapping[int, float]]) -> set[int]:
        # Sides stop together: what one of them lacks, their ratio lacks too.
        if settings.until:
            left = stopping.undecided(blocks, history, settings.margin)
        else:
            left = stopping.wanted(blocks, history)
        return {one for cell in left for one in alike(by_id, cell)}

    return wanted
