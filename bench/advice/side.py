"""What threads take on another Python, such as one without a GIL, beside what is advised here."""

from __future__ import annotations

import sys
from dataclasses import replace

from concbench.reports.advice import prediction
from concbench.reports.run.advice import Advice, OtherPython
from concbench.reports.run.keys import WORKING_TREE

from ..driver import measure, with_sides
from ..driver.lab import Workshop
from ..driver.watch import Watch
from ..errors import UsageError
from ..plan.settings import Settings

ROUNDS = 6


def settings_of(settings: Settings, advice: Advice, best: str, name: str) -> Settings:
    """Of the run that compares threads on the side with what is advised here."""
    threads = f"threading[workers={workers(advice)}]"
    both = (best,) if best == threads else (best, threads)
    more = {"side": (WORKING_TREE, name), "strategy": both, "rounds": ROUNDS, "budget": None}
    return settings.model_copy(update=more)


def workers(advice: Advice) -> int:
    """The fewest threads that may be best where no GIL holds them up."""
    assert advice.look is not None
    known = replace(prediction.premises(advice, advice.look), gil=False)
    there = [one.workers for one in advice.candidates if one.strategy != "sequential"]
    bounds = {one: prediction.seconds(known, "threading", one) for one in sorted({1, *there})}
    least = min(bounds.values())
    near = (1 + prediction.SAME_WITHIN) * least
    return next(one for one, seconds in bounds.items() if seconds <= near)


def measured(
    shop: Workshop, settings: Settings, advice: Advice, best: str, name: str, watch: Watch
) -> OtherPython:
    """The ratio of both, paired by round, and the stored run that has it."""
    from concbench.reports import read
    from concbench.reports.stats import intervals

    own = settings_of(settings, advice, best, name)
    agenda = with_sides(shop, own)
    stored = read(measure(shop, agenda, own, sys.argv[1:], watch))
    here, there = agenda.sides
    times = {(cell.side, cell.strategy.name): stored.times(cell.id) for cell in stored.run.cells}
    strategy = best.partition("[")[0]
    ratio = intervals.ratio(
        times.get((there.title, "threading"), {}), times.get((here.title, strategy), {})
    )
    if ratio is None:
        raise UsageError(f"threading and {strategy} share no round of run {stored.run.id}")
    return OtherPython(
        there.title, workers(advice), ratio.estimate, ratio.low, ratio.high, stored.run.id
    )
