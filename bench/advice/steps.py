"""Which strategy for this work, with how many workers: look, predict, race, and write the program.

What is worth a try, what is raced next and when the best is known is `concbench.reports.advice`.
Each advice is a stored run; what it saw before its rounds is `advice` in run.json.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from concbench.reports.advice import prediction, race
from concbench.reports.run.advice import SIMPLEST_FIRST, Advice, Candidate, Goal
from concbench.reports.run.keys import WORKING_TREE

from ..behaviour import asking
from ..driver import Agenda, alone, measure
from ..driver.lab import Lab, Workshop, open_lab, workshop
from ..driver.rounds import Wanted
from ..driver.schedule import LATE
from ..driver.watch import Progress
from ..errors import Interrupted, UsageError
from ..machine import process
from ..machine.identity import cpus
from ..plan.cells import PlannedCell
from ..plan.settings import BUDGET, Settings
from ..processes.outputs import Failed
from ..sides.build import sides
from ..store import runs
from ..store.state import History
from . import costs, program, side
from .observation import observe

Tell: TypeAlias = Callable[[str, Advice], None]
"""Is called with the name of each step, and what is known by then."""

FIRST_LOOK_SHARE = 0.5
"""Of the budget: a task that takes longer alone is a task that hangs."""
START_SECONDS = 0.3
"""Of a worker, besides its batches."""
ROUNDS = 3
"""Rounds that the budget should have room for, or fewer cells are raced."""
ANSWER_SECONDS = 3.0
"""After the race, for the questions to what is advised."""
MOST_WORKERS = 64
"""Tried without --max-workers: more tasks at once than most services, sites and systems like."""
QUESTIONS = ("behind", "interrupt", "context", "arguments")


@dataclass(frozen=True)
class Wish:
    """What is asked for besides what a run is given."""

    goal: Goal = "batch"
    max_workers: int | None = None
    max_memory_bytes: int | None = None
    refresh_costs: bool = False
    side: str = ""
    """Another Python, on which threads are measured besides."""


def advise(settings: Settings, wish: Wish, progress: Progress, tell: Tell) -> Path:
    """Look, predict, race; the folder of the stored run.

    Raises UsageError before anything is measured, and Interrupted once there is a run to resume.
    """
    began = time.monotonic()
    with workshop() as shop:
        if wish.side:  # what cannot be built is told before anything runs
            sides(shop.children, (WORKING_TREE, wish.side), shop.children.new_folder())
        first = alone(shop, _of(settings, ["sequential"]))
        planned = _single(first.cells)
        advice = _looked(shop, first, planned, settings, wish, tell)
        left = race_seconds(settings.budgeted or BUDGET, time.monotonic() - began)
        advice = affordable(advice, left)
        of_race = _of(settings, _strategies(advice)).model_copy(update={"budget": left})
        stored = _raced(shop, of_race, advice, progress, tell, None)
        if wish.side:
            _elsewhere(shop, of_race, wish.side, progress, tell, stored)
        return stored


def race_seconds(budget: float, spent: float) -> float:
    """The budget of the race: all that is left when it ends as late as it may, and is answered."""
    return max(1.0, (budget - spent - ANSWER_SECONDS) / LATE)


def resume(
    settings: Settings, advice: Advice, folder: Path, progress: Progress, tell: Tell
) -> Path:
    """Go on with the race of an advice."""
    with workshop() as shop:
        return _raced(shop, settings, advice, progress, tell, folder)


def _of(settings: Settings, strategies: Sequence[str]) -> Settings:
    """The same with these strategies, and nothing that would sweep or stop otherwise."""
    nothing: dict[str, Any] = {"param": (), "workers": None, "rounds": None, "side": ()}
    if list(strategies) == ["sequential"]:  # which starts nothing
        nothing["start"] = None
    return settings.model_copy(
        update={**nothing, "strategy": tuple(strategies), "reference": "sequential"}
    )


def _single(cells: Sequence[PlannedCell]) -> PlannedCell:
    if len(cells) != 1:
        names = ", ".join(dict.fromkeys(one.cell.workload.label for one in cells))
        raise UsageError(f"advice is about one piece of work, and this is {len(cells)}: {names}")
    if why := cells[0].reason:
        raise UsageError(f"{cells[0].cell.workload.label} cannot run here: {why}")
    return cells[0]


def _looked(
    shop: Workshop,
    first: Agenda,
    planned: PlannedCell,
    settings: Settings,
    wish: Wish,
    tell: Tell,
) -> Advice:
    """What is known before the race: the look, what strategies cost, what is worth a try."""
    budget = settings.budgeted or BUDGET
    advice = Advice(
        goal=wish.goal,
        target=planned.cell.workload.label,
        budget_seconds=budget,
        max_workers=wish.max_workers,
        max_memory_bytes=wish.max_memory_bytes,
        tasks=planned.cell.tasks,
        cpus=_usable_cpus(),
        gil=process.gil() is not False,
    )
    tell("looking", advice)
    with open_lab(shop, first.sides, first.cells, 0) as lab:
        advice = _seen(lab, planned, advice, settings.timeout or FIRST_LOOK_SHARE * budget)
    if advice.look is None:
        return advice
    tell("look", advice)
    tell("costing", advice)
    each, origin = costs.costs(shop, refresh=wish.refresh_costs)
    advice = replace(advice, costs=each, costs_from=origin)
    known = prediction.premises(advice, advice.look)  # type: ignore[arg-type]  # it is there
    most = min(advice.tasks, wish.max_workers or MOST_WORKERS)
    there = [one for one in SIMPLEST_FIRST if one in each or one == "sequential"]
    field, left_out = prediction.candidates(known, there, most)
    absent = {one: "it does not run on this Python" for one in SIMPLEST_FIRST if one not in there}
    advice = replace(advice, candidates=field, left_out={**left_out, **absent})
    tell("left out", advice)
    return advice


def _usable_cpus() -> int:
    """The CPUs that this process may use, by its quota too."""
    quota = process.cgroup_cpus()
    return cpus() if quota is None else max(1, min(cpus(), round(quota)))


def _seen(lab: Lab, planned: PlannedCell, advice: Advice, patience: float) -> Advice:
    found = observe(lab, planned, advice.cpus, patience)
    if isinstance(found, Failed):
        return replace(advice, failure=found.message)
    if found.random:
        why = (
            f"its answers are not the same twice ({found.random}): nobody can tell whether a "
            "strategy got them right; seed it, or put a function normal(result) beside it that "
            "gives what counts"
        )
        return replace(advice, look=found, failure=why)
    return replace(advice, look=found)


def affordable(advice: Advice, seconds: float) -> Advice:
    """The candidates that a race of so long has room for; those with the least bounds stay."""
    if advice.failure or not advice.candidates:
        return advice
    raced = [one for one in advice.candidates if not one.reason and one.strategy != "sequential"]
    strategies = dict.fromkeys(one.strategy for one in raced)
    first = [_opening([one for one in raced if one.strategy == name]) for name in strategies]
    least = min((2 * one.seconds + START_SECONDS for one in first), default=0.0)
    if first and least > seconds / ROUNDS:
        why = (
            f"no time for a race: {seconds:.0f} s were left for it, and one visit to "
            f"{advice.tasks:,} tasks takes {least:.1f} s at the least"
        )
        return replace(advice, no_race=why)
    return advice


def _opening(own: Sequence[Candidate]) -> race.Entrant:
    return race.opening([race.Entrant(0, one.strategy, one.workers, one.seconds) for one in own])


def _strategies(advice: Advice) -> list[str]:
    """The candidates as a run selects them."""
    if advice.failure or not advice.candidates:
        return ["sequential"]
    return [
        one.strategy if one.strategy == "sequential" else f"{one.strategy}[workers={one.workers}]"
        for one in advice.candidates
    ]


def _raced(
    shop: Workshop,
    settings: Settings,
    advice: Advice,
    progress: Progress,
    tell: Tell,
    folder: Path | None,
) -> Path:
    agenda = alone(shop, settings)
    if why := advice.failure or advice.no_race:
        agenda = replace(agenda, cells=tuple(replace(one, reason=why) for one in agenda.cells))
    more, one_shot = {"advice": asdict(advice)}, advice.goal == "one-shot"
    agenda = replace(agenda, more=more, starts_alone=one_shot)
    rules = rules_of(advice, agenda.cells)
    absent = [one.id for one in agenda.cells if one.reason]
    if not (advice.failure or advice.no_race):
        tell("racing", advice)
    try:
        with progress() as watch:
            stored = measure(
                *(shop, agenda, settings, sys.argv[1:], watch, folder),
                rule=lambda past: wanted(rules, past, advice, absent),
            )
    except Interrupted as error:
        error.command = "advise"
        raise
    tell("answering", advice)
    _complete(shop, agenda, advice, stored)
    return stored


def _elsewhere(
    shop: Workshop, settings: Settings, name: str, progress: Progress, tell: Tell, folder: Path
) -> None:
    """Add what threads take on another Python; a side that has no such cells is told so."""
    from concbench.reports import read
    from concbench.reports.advice.answer import answer

    stored = read(folder)
    found = answer(stored)
    if found is None or found.use is None or stored.advice is None:
        return
    tell("beside", stored.advice)
    best = text_of(found.use.strategy, found.use.strategy_params)
    with progress() as watch:
        other = side.measured(shop, settings, stored.advice, best, name, watch)
    runs.amend(folder, "advice", {"other_python": asdict(other)})
    runs.point_latest(folder)


def text_of(strategy: str, params: Mapping[str, Any]) -> str:
    """A strategy with its workers, as a run selects it."""
    return f"{strategy}[workers={params['workers']}]" if "workers" in params else strategy


def rules_of(advice: Advice, cells: Iterable[PlannedCell]) -> race.RaceRules:
    """The rules of a race over the cells of an advice."""
    known = {(one.strategy, one.workers): one for one in advice.candidates}
    field = []
    for planned in cells:
        one = known.get((planned.cell.strategy.name, _workers(planned)))
        if one is not None:
            raced = not one.reason and not planned.reason
            about = one.strategy, one.workers, one.seconds, raced, one.usual
            field.append(race.Entrant(planned.id, *about))
    return race.rules(field, advice.goal)


def _workers(planned: PlannedCell) -> int:
    return int(planned.cell.strategy.params.get("workers", 1))


def wanted(
    rules: race.RaceRules, past: History, advice: Advice, absent: Collection[int] = ()
) -> Wanted:
    """The driver's hook: from what was measured to the cells of the next round.

    `absent` are the cells that cannot run.
    """
    goal, tasks = advice.goal, advice.tasks

    def cells(rounds: Sequence[Mapping[int, float]]) -> frozenset[int]:
        failed = {*absent, *(one.id for one in rules.field if past.quarantined(one.id))}
        times = _one_shots(past, tasks) if goal == "one-shot" else by_cell(rounds)
        return rules.wanted(times, failed)

    return cells


def by_cell(rounds: Sequence[Mapping[int, float]]) -> dict[int, dict[int, float]]:
    """Seconds by cell and round."""
    found: dict[int, dict[int, float]] = {}
    for number, row in enumerate(rounds):
        for cell, seconds in row.items():
            found.setdefault(cell, {})[number] = seconds
    return found


def _one_shots(past: History, tasks: int) -> dict[int, dict[int, float]]:
    """The same of start-up, first batch and close, of rounds that count.

    Where fewer tasks were run than there are, all but the start-up is scaled.
    """
    replaced = past.replaced()
    return {
        cell: {
            run["round"]: start + (run["one_shot"] - start) * tasks / run["tasks"]
            for run in entries
            for start in [run.get("startup") or 0.0]
            if run["round"] not in replaced and run.get("one_shot")
        }
        for cell, entries in past.measured.items()
        if entries and not past.reason(cell)
    }


def _complete(shop: Workshop, agenda: Agenda, advice: Advice, folder: Path) -> None:
    """Add what the best takes on, and its program, to the stored run."""
    from concbench.reports import read
    from concbench.reports.advice.answer import answer

    found = answer(read(folder))
    use = found.use if found else None
    best = next((one for one in agenda.cells if use and one.id == use.id), None)
    if best is None or advice.look is None:
        return
    takes_on = dict(advice.takes_on)
    name = best.cell.strategy.name
    if name != "sequential" and name not in takes_on:
        (said,) = asking.document(shop, [best], asking.SECONDS, lambda *_: None, QUESTIONS)[
            "strategies"
        ]
        takes_on[name] = {key: one["answer"] for key, one in said["answers"].items()}
    job = program.Job(best.cell.workload, advice.look, best.cell.strategy, best.cell.tasks)
    code = "" if program.why_none(job) else program.program(job, Path.cwd())
    more = {"takes_on": takes_on, "code": code, "code_of": best.cell.strategy.label}
    runs.amend(folder, "advice", more)
