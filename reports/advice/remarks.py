"""The sentences of an advice, each with what it rests on.

That is what was measured, what was computed from it, or that nobody can tell yet, with a way out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from .. import numbers
from ..analysis.cells import Row
from . import laws, prediction
from .findings import CHEAPER, Findings, Remark, called, simplicity, workers_of

GOALS = {
    "batch": "the time of a batch",
    "one-shot": "the time of a script, with start-up and close",
    "cpu": "the least CPU, of those that take up to twice the least time",
    "memory": "the least memory, of those that take up to twice the least time",
}


MANY = 1000


def remarks(found: Findings) -> Iterator[Remark]:
    """All that is to be said, the most important first."""
    yield _use(found)
    if found.use is None:
        return
    yield from _workers(found)
    yield from _as_good(found)
    yield from laws.stops(found)
    yield from laws.break_even(found)
    yield from laws.changes(found)
    yield from _takes_on(found)


def _use(found: Findings) -> Remark:
    use, advice = found.use, found.advice
    if advice.failure:
        return Remark("use", f"nothing can be advised: {advice.failure}", "open")
    if use is None and advice.max_memory_bytes is not None and found.heat.times:
        return Remark("use", _no_memory(found), "open")
    if use is None:
        return Remark("use", _prediction(found), "predicted" if advice.candidates else "open")
    if found.decided or found.number_open:
        return Remark("use", f"{called(use)}: {_gain(found, use)}")
    if len(found.allowed) < 2:
        return Remark(
            "use", f"cannot tell: only {called(use)} was measured, {_way_out(found)}", "open"
        )
    looks = f"{called(use)} looks best ({_gain(found, use)})"
    others = [called(row) for row in found.rivals]
    others += [f"{one.strategy} with {one.workers}, not tried yet," for one in found.untried]
    more = [f"{len(others) - 3} more"] if len(others) > 3 else []
    names = numbers.listed([*others[:3], *more])
    what = "cannot tell yet"
    if found.undecided == "workers":
        what = f"{use.strategy}; {what} with how many workers"
    return Remark("use", f"{what}: {looks}; {names} may be faster: {_way_out(found)}", "open")


def _workers(found: Findings) -> Iterator[Remark]:
    """That only their number is open, and what another could bring."""
    use = found.use
    if use is None or not found.number_open:
        return
    count, said = workers_of(use), []
    if use != found.best:
        said.append(f"{count} {'is' if count == 1 else 'are'} the fewest that look as good")
    if known := [row for row in found.rivals if row not in found.hardly]:
        better = "cheaper" if found.advice.goal == "cpu" else "faster"
        most = "" if found.gain is None else f" by {at_most(found.gain)} at most"
        said.append(f"{_numbers(known)} may be {better}{most}")
    if found.hardly:
        said.append(f"{_numbers(found.hardly)} ran in too few rounds to say")
    text = f"the strategy is decided, the number of workers is not: {numbers.listed(said)}"
    yield Remark("workers", f"{text}; {_way_out(found)}", "open")


def _numbers(rows: list[Row]) -> str:
    """`4, 8 or 16`."""
    return numbers.listed([str(one) for one in sorted(map(workers_of, rows))], "or")


def at_most(gain: float) -> str:
    """`7 %`, rounded up: it is a bound."""
    return f"{math.ceil(100 * gain)} %"


def _gain(found: Findings, row: Row) -> str:
    """How much faster than the plain loop, and how near to the limit."""
    parts = []
    if row.strategy == "sequential":
        parts.append(f"{numbers.duration(row.batch_seconds)} a batch")
        if found.unrivalled:
            parts.append("no other can be as fast, by prediction")
        elif found.decided:
            parts.append(f"no other is faster by {margin(found)}")
    elif row.speedup is not None:
        speedup = numbers.interval(row.speedup, row.speedup_low, row.speedup_high)
        parts.append(f"{speedup} a plain loop")
    else:
        parts.append(f"{numbers.duration(row.batch_seconds)} a batch")
    if found.advice.goal == "one-shot" and row.one_shot_seconds is not None:
        parts.append(f"{numbers.duration(row.one_shot_seconds)} as a script")
    if found.advice.goal == "cpu" and row.cpu_per_task_seconds is not None:
        parts.append(f"{numbers.brief(row.cpu_per_task_seconds)} of CPU a task")
    if row.peak_bytes is not None:
        parts.append(f"{numbers.size(row.peak_bytes)} of memory")
    if row.of_limit is not None and row.strategy != "sequential":
        parts.append(f"{numbers.percent(row.of_limit, ' ')} of the limit")
    return ", ".join(parts)


def margin(found: Findings) -> str:
    """`5 %`."""
    return f"{100 * found.stored.run.margin:.3g} %"


def _prediction(found: Findings) -> str:
    """What is best by prediction alone, where nothing was raced."""
    known = [one for one in found.advice.candidates if math.isfinite(one.seconds) and one.usual]
    if not known:
        return "cannot tell: nothing was measured"
    least = min(one.seconds for one in known)
    near = [one for one in known if one.seconds <= (1 + prediction.SAME_WITHIN) * least]
    best = min(near, key=lambda one: (simplicity(one.strategy), one.workers))
    workers = f" with {best.workers}" if best.strategy != "sequential" else ""
    why = found.advice.no_race or "nothing was measured"
    return (
        f"not measured, by prediction alone: {best.strategy}{workers}, "
        f"{numbers.duration(best.seconds)} a batch at the least. {why}; {_way_out(found)}"
    )


def _no_memory(found: Findings) -> str:
    most = numbers.size(found.advice.max_memory_bytes)
    known = [row for row in found.rows if row.peak_bytes is not None]
    if not known:
        unknown = f"no memory was measured, so that nothing surely stays within {most}"
        return f"cannot tell: {unknown}: {_way_out(found)}"
    least = min(known, key=lambda row: row.peak_bytes or 0)
    needs = f"{called(least)} needs least, {numbers.size(least.peak_bytes)}"
    return f"nothing that was raced stays within {most}; {needs}"


def _way_out(found: Findings) -> str:
    """What would help: more rounds, a quieter machine, or fewer tasks where a batch is too long."""
    budget = found.advice.budget_seconds or 60.0
    tasks, use, known = found.advice.tasks, found.use, found.prices
    each = found.stored.run.round_seconds
    rivals = [row.id for row in found.rivals if row.id in known.times]
    more_rounds = [
        known.more_rounds(use.id, one) for one in rivals if use and use.id in known.times
    ]
    counts = [one for one in more_rounds if one is not None]
    if counts and each and max(counts) > MANY:
        return f"more than {MANY:,} more rounds would be needed: find a quieter machine"
    if counts and each:
        time = _budget(budget + max(counts) * each)
        return f"about {max(counts):,} more rounds would probably tell: --budget {time}"
    least = min((one.seconds for one in found.advice.candidates), default=0.0)
    more = max(2 * budget, 12 * least)
    time = f"--budget {_budget(more)}"
    if found.advice.no_race and tasks > 8:
        return f"{time}, or fewer --tasks, would help"
    return f"{time} would begin to tell"


def _budget(seconds: float) -> str:
    if seconds <= 120:
        return f"{10 * math.ceil(seconds / 10)}s"
    return f"{math.ceil(seconds / 60)}m" if seconds <= 7200 else f"{math.ceil(seconds / 3600)}h"


def _as_good(found: Findings) -> Iterator[Remark]:
    for row in found.as_good:
        words = ["simpler"] if found.is_simpler(row) else []
        if row.strategy == found.use.strategy:  # type: ignore[union-attr]  # there is one
            words.append("fewer workers")
        if cpu := _cpu_ratio(found, row):
            words.append(cpu)
        about = f" ({', '.join(words)})" if words else ""
        yield Remark("as good", f"within {margin(found)}: {called(row)}{about}")


def _cpu_ratio(found: Findings, row: Row) -> str:
    """`2.1x the CPU`, where both are known and differ."""
    use = found.use
    if use is None or not use.cpu_per_task_seconds or not row.cpu_per_task_seconds:
        return ""
    ratio = row.cpu_per_task_seconds / use.cpu_per_task_seconds
    return f"{numbers.ratio(ratio)} the CPU" if not CHEAPER < ratio < 1 / CHEAPER else ""


ANSWERS = {
    ("behind", "goes on"): "work that is given up keeps running: it cannot be cancelled",
    ("behind", "stops"): "work that is given up stops: a task must expect to be cancelled anywhere",
    ("behind", "killed"): "work that is given up is killed, without cleaning up",
    ("interrupt", "after the task"): "Ctrl-C waits for running tasks",
    ("context", "lost"): "context variables of the caller are lost in tasks",
    ("arguments", "must pickle"): "arguments and results must pickle",
}
"""What an answer of `concbench behaviour` means; others are what everybody expects."""


def _takes_on(found: Findings) -> Iterator[Remark]:
    use = found.use
    assert use is not None
    told = found.advice.takes_on.get(use.strategy, {})
    said = [words for (asked, answer), words in ANSWERS.items() if told.get(asked) == answer]
    if told.get("interrupt", "").startswith(("leaves", "goes on")):
        said.append(f"Ctrl-C: {told['interrupt']}")
    if said:
        yield Remark("what you take on", "; ".join(said))


def left_out(found: Findings) -> list[tuple[str, str]]:
    """Strategies that were not raced, each with its reason; what was raced after all is none."""
    raced = {row.strategy for row in found.rows if row.id in found.heat.times}
    failed = {row.strategy: f"failed: {row.reason}" for row in found.failed}
    reasons = {**found.advice.left_out, **failed}
    return [(name, why) for name, why in reasons.items() if name not in raced]
