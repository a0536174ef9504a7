"""What follows from a race by laws: where it stops, when it pays, what would change the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import numbers
from ..analysis.cells import Row
from ..run.advice import IN_PROCESSES, Candidate
from ..stats import intervals
from . import prediction
from .findings import Findings, Remark, called, workers_of
from .prediction import Premises

if TYPE_CHECKING:
    from ..stats.scaling import Scaling


def stops(found: Findings) -> Iterator[Remark]:
    """The workers over which nothing is gained, by the law that throughput follows."""
    use = found.use
    if use is None or use.strategy == "sequential" or not found.decided:
        return
    own = [row for row in found.rows if row.strategy == use.strategy and row.id in found.heat.times]
    own.sort(key=workers_of)
    law = _law(found, own)
    if law.outcome in ("few points", "few rounds"):
        tried = numbers.listed([str(workers_of(row)) for row in own])
        way_out = f"concbench scale -s {use.strategy} would tell the law"
        if law.enough is not None:
            gain = f"more than {law.enough:g} workers gain less than {100 * law.margin:.3g} %"
            yield Remark("where it stops", f"{gain} (tried: {tried}); {way_out}")
            return
        yield Remark("where it stops", f"from {tried}: {law.words}; {way_out}", "open")
        return
    parts = [f"{use.strategy} {law.words}{_why_not_beyond(found, law)}"]
    for name, one in (("contention", law.contention), ("coherency", law.coherency)):
        if one is not None and law.outcome != "off":
            parts.append(f"{name} {_share(one)}")
    yield Remark("where it stops", ", ".join(parts))


def _why_not_beyond(found: Findings, law: Scaling) -> str:
    """What it would take to see more, where it still rises with the most workers there can be."""
    if law.outcome != "rises":
        return ""
    if law.last >= found.advice.tasks:
        return " (all tasks at once: more --tasks would show it)"
    most = max(one.workers for one in found.advice.candidates)
    return " (--max-workers would show it)" if law.last >= most else ""


def _law(found: Findings, rows: list[Row]) -> Scaling:
    import numpy as np  # late: the driver reads advice, too

    from ..stats import scaling

    times = [found.heat.times[row.id] for row in rows]
    rounds = sorted({number for one in times for number in one})
    seconds = [[one.get(number, math.nan) for one in times] for number in rounds]
    return scaling.fit(np.array([float(workers_of(row)) for row in rows]), np.array(seconds))


def _share(one: intervals.Interval) -> str:
    """`1.2 % [0.9, 1.6]`."""
    low, high = (f"{100 * (bound or 0.0):.2g}" for bound in (one.low, one.high))
    return f"{100 * one.estimate:.2g} % [{low}, {high}]"


def break_even(found: Findings) -> Iterator[Remark]:
    """From how many tasks on it is faster than a plain loop, start-up counted."""
    use, loop = found.use, found.loop
    if use is None or loop is None or use.id == loop.id:
        return
    even = _even(found, use, loop)
    if even is None or not math.isfinite(even.estimate):
        return
    count = max(1, math.ceil(even.estimate))
    low, high = (bound if bound is not None else math.nan for bound in (even.low, even.high))
    span = f" [{max(1, math.floor(low))}, {math.ceil(high)}]" if math.isfinite(high) else ""
    text = f"below {count:,}{span} tasks a plain loop is as fast (start-up counted)"
    if count < 2:
        text = "from the second task on it is faster than a plain loop (start-up counted)"
    yield Remark("break-even", f"computed from start-up and batches: {text}", "predicted")


def _even(found: Findings, use: Row, loop: Row) -> intervals.Interval | None:
    """Tasks at which both scripts take the same; None below two rounds that both share."""
    by_round = {one.round: one for one in found.stored.of(loop.id)}
    both = [(one, by_round[one.round]) for one in found.stored.of(use.id) if one.round in by_round]
    if len(both) < 2:
        return None
    import numpy as np  # late: as above

    from ..stats import scaling

    own = np.array([one.startup_seconds + one.close_seconds for one, _ in both])
    other = np.array([one.startup_seconds + one.close_seconds for _, one in both])
    each = np.array([one.seconds / use.tasks for one, _ in both])
    alone = np.array([one.seconds / loop.tasks for _, one in both])
    # A task takes its time also where many are in flight: what the first of them costs comes first.
    first = scaling.break_even(other, alone, own + alone, np.zeros(len(both)))
    return max(scaling.break_even(other, alone, own, each), first, key=lambda one: one.estimate)


def changes(found: Findings) -> Iterator[Remark]:
    """What would turn the answer: more computing or waiting in a task, another Python."""
    known, use = found.premises, found.use
    if known is None or use is None:
        return
    vary = "waits" if use.strategy in IN_PROCESSES else "computes"
    word = "waiting" if vary == "waits" else "computing"
    if vary == "computes" and known.look.released is None:  # Python code, where nobody could tell
        known = replace(known, look=replace(known.look, released=0.0))
        word = "computing in Python"
    for strategy in dict.fromkeys(one.strategy for one in found.advice.candidates):
        if strategy in (use.strategy, "sequential"):
            continue
        row = found.best_of(strategy)
        other = found.candidate(row) if row else _best_predicted(found, strategy)
        if other is None:
            continue
        if crossing := _crossing(found, known, (use, row), other, vary):
            text = f"from {crossing} of {word} in a task on, {strategy} with {other.workers} wins"
            text += "" if row else " (it was not raced)"
            yield Remark("what would change it", f"by the model: {text}", "predicted")
    yield from _free_threaded(found, use)


def _best_predicted(found: Findings, strategy: str) -> Candidate | None:
    own = [one for one in found.advice.candidates if one.strategy == strategy and one.usual]
    return min(own, key=lambda one: (one.seconds, one.workers), default=None)


def _crossing(
    found: Findings, known: Premises, rows: tuple[Row, Row | None], other: Candidate, vary: str
) -> str:
    """`2.9 ms [2.4, 3.6]`, by round; without an interval where one of both was not measured."""
    use, row = rows
    first = found.candidate(use)
    if row is None:
        value = prediction.crossover(known, first, other, vary)
        return "" if value is None else numbers.duration(value)
    rounds = found.heat.times[use.id].keys() & found.heat.times[row.id].keys()
    values = []
    for number in sorted(rounds):
        factors = (
            found.heat.times[use.id][number] / first.seconds,
            found.heat.times[row.id][number] / other.seconds,
        )
        values.append(prediction.crossover(known, first, other, vary, factors))
    there = [one for one in values if one is not None]
    if not there or len(there) < len(values):
        return ""
    middle = intervals.mean(there)
    if middle.low is None or middle.high is None or len(there) < 3:
        return numbers.duration(middle.estimate)
    return f"{numbers.duration(middle.estimate)} [{numbers.bounds(middle.low, middle.high)}]"


def _free_threaded(found: Findings, use: Row) -> Iterator[Remark]:
    """What threads would do without a GIL, where it is what holds them up."""
    known, other = found.premises, found.advice.other_python
    if other is not None:
        ratio = numbers.interval(other.ratio, other.low, other.high)
        text = f"on {other.title}, threading with {other.workers} workers takes {ratio} the time"
        yield Remark("what would change it", f"{text} of {called(use)} here (run {other.run})")
        return
    if known is None or not known.gil or known.cpus < 2 or known.look.released in (None, 1.0):
        return
    without = prediction.Premises(
        *(known.look, known.tasks, known.cpus, False, known.one_shot, known.costs)
    )
    least = prediction.seconds(without, "threading", known.cpus)
    took = math.exp(found.heat.estimates[use.id])
    if use.strategy == "threading" or least > took:
        return
    yield Remark(
        "what would change it",
        f"on a free-threaded Python, threading with {known.cpus} workers may take "
        f"{numbers.duration(least)} a batch ({numbers.duration(took)} here): a prediction; "
        "--side python:3.14t measures it",
        "predicted",
    )
