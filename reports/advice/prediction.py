"""The least time that a strategy can take by what a look saw, and why some are not worth a try.

    batch >= the most of ceil(tasks / in flight) * task, tasks * what runs one at a time,
             tasks * CPU / CPUs, and the longest task

What runs one at a time: under threads the computing that holds the GIL, in an event loop all
computing, with processes what the parent pickles, and what the strategy costs a task besides.  It
is a bound and no estimate, so what is left out by it is raced after all where the best of the race
turns out slower.  Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .. import numbers
from ..run.advice import ASYNC_ONLY, IN_PROCESSES, Advice, Candidate, Look, StrategyCost

FACTOR = 1.5
"""Times the least bound of all: what is beyond it is not raced at first."""
SAME_WITHIN = 0.02
"""Of time: more workers for less than that are not worth it."""
LIKE = {"asyncio+to_thread": "threading", "asyncio+processpool": "multiprocessing"}
"""The same pool, driven by an event loop: the tasks run as they do without."""
PER_CPU = 4
"""Processes, or interpreters, for each CPU: with more a race does not begin, unless the CPUs need
more to be busy. Each takes memory, and its time to start."""
WORTH = 1.3
"""Times as fast as anything in one process, by bounds: for less, no more processes. 64 of them took
half as long again as 64 threads for tasks that wait 20 ms."""
IN_ONE_PROCESS = ("sequential", "threading", "asyncio", "asyncio+to_thread")
DELAYED = 0.1
"""Of a task's time: more is said."""
MORE_THAN_ONE = 1.2
"""CPUs that a task computes on, from which on it is said to use several."""
NO_COST = StrategyCost(0.0)


@dataclass(frozen=True)
class Premises:
    """What times are predicted from: the work, how many tasks, on how many CPUs, at what costs."""

    look: Look
    tasks: int
    cpus: int
    gil: bool = True
    one_shot: bool = False
    costs: Mapping[str, StrategyCost] = field(default_factory=dict)

    def cost(self, strategy: str) -> StrategyCost:
        """What it costs with nothing to do; nothing where that is not known."""
        return self.costs.get(strategy, NO_COST)


def premises(advice: Advice, look: Look) -> Premises:
    """Those of a stored advice."""
    one_shot = advice.goal == "one-shot"
    return Premises(look, advice.tasks, advice.cpus, advice.gil, one_shot, advice.costs)


def seconds(known: Premises, strategy: str, workers: int) -> float:
    """The least that a batch can take, with start-up where the goal counts it."""
    return max(_bounds(known, strategy, workers).values()) + _start(known, strategy, workers)


def _start(known: Premises, strategy: str, workers: int) -> float:
    if not known.one_shot:
        return 0.0
    cost = known.cost(strategy)
    children = workers if strategy in IN_PROCESSES else 1
    opening = known.look.startup * (children / min(known.cpus, children))
    return cost.startup + max(0, workers - 2) * cost.per_worker + opening


def _bounds(known: Premises, strategy: str, workers: int) -> dict[str, float]:
    """What each of the things that may hold it up takes in all, by what it is."""
    look, tasks = known.look, known.tasks
    at_once = min(workers, tasks, look.at_once or workers)
    if strategy == "sequential" or (strategy in ASYNC_ONLY and look.blocks_loop):
        at_once = at_once if strategy == "multiprocessing+asyncio" else 1
    computes = look.computing(strategy)
    saved = max(0.0, look.computes - computes)
    bounds = {
        "longest": look.most - saved,
        "turns": math.ceil(tasks / at_once) * (look.seconds - saved),
        "cpus": tasks * computes / known.cpus,
    }
    if strategy == "sequential" or (strategy == "asyncio" and look.cpus > MORE_THAN_ONE):
        return bounds
    if strategy not in IN_ONE_PROCESS:
        bounds["processes"] = tasks * computes / min(known.cpus, at_once)
    return {**bounds, "serial": tasks * sum(_serial(known, strategy))}


def _serial(known: Premises, strategy: str) -> tuple[float, float]:
    """Seconds of a task that no other can have at the same time: of the work, of the strategy."""
    look, cost = known.look, known.cost(strategy).per_task
    if strategy == "asyncio":  # what it costs was seen with the work
        return look.computing(strategy), 0.0 if look.in_loop_computes is not None else cost
    if strategy not in IN_ONE_PROCESS:
        return look.crossing, cost
    # Where nobody could tell, all may release the GIL: the bound must hold.
    released = 1.0 if look.released is None or not known.gil else look.released
    return look.computes * (1 - released), cost


def impossible(look: Look, strategy: str) -> str:
    """Why this work cannot be run, or sensibly be written, so; or ""."""
    if strategy in ASYNC_ONLY and not look.awaitable:
        return "the work awaits nothing: a coroutine would block its event loop"
    if strategy == "multiprocessing+asyncio" and look.at_once:
        return f"the work lets {look.at_once} tasks run at the same time"
    if strategy in (*IN_PROCESSES, "interpreters") and look.unpicklable:
        return look.unpicklable
    threads = "threading", "asyncio+to_thread", "multiprocessing", "interpreters"
    if strategy in (*threads, "asyncio+processpool") and not look.blocking and not look.blocks_loop:
        return "the work is a coroutine function: each worker would need an event loop of its own"
    return ""


def rungs(most: int) -> list[int]:
    """Workers worth a try up to so many: each double the last, and the middle between two."""
    doubles = [1 << power for power in range(most.bit_length()) if 1 << power <= most]
    between = [3 * one // 2 for one in doubles if one > 1 and 3 * one // 2 <= most]
    return sorted({*doubles, *between, most})


def candidates(
    known: Premises, strategies: Sequence[str], most: int
) -> tuple[tuple[Candidate, ...], dict[str, str]]:
    """All that can be raced with the bound of each, and by strategy why it is not raced.

    A candidate has a reason where its bound is beyond FACTOR times the least of all, or its workers
    more than a race begins with; a strategy that cannot run the work, or runs it as a simpler one
    does, is none.
    """
    left_out = {one: why for one in strategies if (why := impossible(known.look, one))}
    there = [one for one in strategies if one not in left_out]
    left_out |= {one: _like(known, one) for one in there if LIKE.get(one) in there}
    there = [one for one in there if one not in left_out]
    every = [
        Candidate(one, workers, seconds(known, one, workers))
        for one in there
        for workers in rungs(1 if one == "sequential" else most)
    ]
    alone = min((one.seconds for one in every if one.strategy in IN_ONE_PROCESS), default=math.inf)
    many = {one: usual(known, one, most, alone) for one in there}
    every = [replace(one, usual=one.workers <= many[one.strategy]) for one in every]
    first = min((one for one in every if one.usual), key=lambda one: one.seconds)
    least = first.seconds
    for strategy in there:
        own = [one for one in every if one.strategy == strategy and one.usual]
        best, last = _best(own), own[-1]
        if strategy != "sequential" and best.seconds > FACTOR * least:
            took, times = numbers.duration(best.seconds), numbers.ratio(best.seconds / least)
            cause = _cause(known, last, first)  # with the most: it is not that those are few
            left_out[strategy] = f"{cause}: {took} a batch at the least, {times} the least of all"
    return tuple(_with_reason(one, left_out, least) for one in every), left_out


def usual(known: Premises, strategy: str, most: int, alone: float) -> float:
    """The most workers of a strategy with which a race begins; it goes on with more if that pays.

    Processes are as many as keep all CPUs busy with tasks that wait, too (Little's law), where
    these are far faster than `alone`: the least seconds of anything in one process.
    """
    if not (strategy == "interpreters" or LIKE.get(strategy, strategy) == "multiprocessing"):
        return math.inf
    look, few = known.look, PER_CPU * known.cpus
    busy = known.cpus * look.seconds / look.computes if look.computes else math.inf
    many = most if busy >= most else 1 << math.ceil(math.log2(max(1.0, busy)))
    pays = seconds(known, strategy, many) * WORTH < alone
    return max(few, many) if pays else few


def _best(own: Sequence[Candidate]) -> Candidate:
    """The one with the fewest workers of those that are as fast as the fastest."""
    least = min(one.seconds for one in own)
    return next(one for one in own if one.seconds <= (1 + SAME_WITHIN) * least)


def _with_reason(one: Candidate, left_out: Mapping[str, str], least: float) -> Candidate:
    reason = left_out.get(one.strategy, "")
    if not reason and not one.usual:
        reason = f"more than {PER_CPU} for each CPU: tried where as many do well"
    if not reason and one.seconds > FACTOR * least and one.strategy != "sequential":
        reason = f"its batch takes {numbers.duration(one.seconds)} at the least"
    return replace(one, reason=reason)


def _like(known: Premises, strategy: str) -> str:
    """That it is another's pool with a loop around it, and what that was seen to cost."""
    like, own = LIKE[strategy], known.costs.get(strategy)
    more = 0.0 if own is None else own.per_task - known.cost(like).per_task
    said = f" ({numbers.brief(more)} more a task)" if more > 0 else ""
    return f"{like} with an event loop around it{said}: of use in a program that runs one anyway"


def _cause(known: Premises, one: Candidate, best: Candidate) -> str:
    """What holds it up, that does not hold up the best as much."""
    look, own, other = known.look, _parts(known, one), _parts(known, best)
    most = max(own, key=lambda part: own[part] - other.get(part, 0.0))
    if most == "serial":
        return _one_at_a_time(known, one.strategy)
    if most == "processes":
        return "too few of its processes compute at the same time"
    if most == "start":
        return f"it takes {numbers.brief(own['start'])} to start"
    if one.strategy in ASYNC_ONLY and look.blocks_loop:
        return "its tasks block the event loop, so that one runs at a time"
    return "too few tasks run at the same time"


def _one_at_a_time(known: Premises, strategy: str) -> str:
    look, (work, cost) = known.look, _serial(known, strategy)
    task = f"the task {numbers.brief(look.seconds)}"
    if cost > work:
        return f"it costs {numbers.brief(cost)} a task, {task}"
    if strategy == "asyncio":
        return "one thread does all the computing"
    if strategy in IN_ONE_PROCESS:
        return f"{numbers.percent(1 - (look.released or 0.0), ' ')} of its computing holds the GIL"
    size = numbers.size(look.argument_bytes + look.result_bytes)
    return f"the {size} that cross take {numbers.brief(look.crossing)} to pickle, {task}"


def _parts(known: Premises, one: Candidate) -> dict[str, float]:
    """Seconds of a batch by what may hold it up, start-up included."""
    start = _start(known, one.strategy, one.workers)
    return {**_bounds(known, one.strategy, one.workers), "start": start}


def crossover(
    known: Premises,
    first: Candidate,
    other: Candidate,
    vary: str,
    factors: tuple[float, float] = (1.0, 1.0),
) -> float | None:
    """Seconds of computing or waiting in a task from which on the `other` is faster.

    `vary` is computes or waits, which grows from what it is now; `factors` are how many times its
    bound each was seen to take.  None where it never is, up to 10 s, or is already.
    """

    def gain(value: float) -> float:
        changed = Premises(
            _changed(known.look, vary, value),
            *(known.tasks, known.cpus, known.gil, known.one_shot, known.costs),
        )
        one = factors[0] * seconds(changed, first.strategy, first.workers)
        return one - factors[1] * seconds(changed, other.strategy, other.workers)

    low, high = max(1e-6, getattr(known.look, vary)), 10.0
    steps = [low * (high / low) ** (place / 60) for place in range(61)] if low < high else []
    beyond = next((place for place, value in enumerate(steps) if gain(value) > 0), None)
    if not beyond:  # never, or already
        return None
    low, high = steps[beyond - 1], steps[beyond]
    for _ in range(40):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if gain(middle) > 0 else (middle, high)
    return high


def _changed(look: Look, vary: str, value: float) -> Look:
    """The work with tasks that compute, or wait, so long."""
    computes = value if vary == "computes" else look.computes
    waits = value if vary == "waits" else look.waits
    return Look(
        **{
            **vars(look),
            "computes": computes,
            "in_loop_computes": computes if vary == "computes" else look.in_loop_computes,
            "seconds": computes + waits,
            "most": computes + waits,
        }
    )


def reasons(left_out: Mapping[str, str]) -> Iterator[str]:
    """`left out: threading and multiprocessing: why`, a line for each reason."""
    names: dict[str, list[str]] = {}
    for name, why in left_out.items():
        names.setdefault(why, []).append(name)
    yield from (f"left out: {numbers.listed(each)}: {why}" for why, each in names.items())


def words(look: Look, cpus: int) -> Iterator[str]:
    """What the look saw, a sentence each."""
    spread = f"{numbers.bounds(look.least, look.most)} over {look.tasks:,} tasks"
    tail = ", with a heavy tail" if look.most > 4 * look.seconds else ""
    yield f"a task takes {numbers.duration(look.seconds)} ({spread}{tail})"
    share = look.computes / look.seconds if look.seconds else 0.0
    waits, computes = numbers.brief(look.waits), numbers.brief(look.computes)
    yield f"it waits {waits} and computes {computes} ({numbers.percent(min(1.0, share), ' ')})"
    if look.delayed > DELAYED * look.seconds:
        late = numbers.brief(look.delayed)
        yield f"other programs held it up for {late} more: all times are of a busy machine"
    if look.cpus > MORE_THAN_ONE:
        yield f"it computes on {numbers.digits(look.cpus, 2)} CPUs by itself: workers share them"
    elif look.released is not None:
        free, held = (numbers.percent(one, " ") for one in (look.released, 1 - look.released))
        shared = f"{free} of its computing releases the GIL: threads can share that among CPUs"
        alone = f"{held} of its computing holds the GIL: threads cannot share that among CPUs"
        yield shared if look.released > 0.5 else alone
    elif share > 0.1 and look.blocking:
        why = "on one CPU" if cpus == 1 else "now (other programs took CPUs, or it waits long)"
        yield f"whether its computing releases the GIL: cannot tell {why}"
    if look.blocks_loop:
        yield (
            "it is async and blocks its event loop: something in it waits or computes without "
            "`await` (time.sleep, requests, a loop that computes)"
        )
    if look.argument_bytes or look.result_bytes:
        sizes = numbers.size(look.argument_bytes), numbers.size(look.result_bytes)
        took = numbers.brief(look.crossing)
        yield f"pickled, its argument has {sizes[0]} and its result {sizes[1]}: {took} a task"
    if look.unpicklable:
        yield f"no process can run it: {look.unpicklable}"
    if look.again is not None and look.again < look.seconds / 3:
        again = numbers.brief(look.again)
        yield f"the same task takes {again} when it runs again: cached, or work that is done once"
    if look.startup > look.seconds:
        yield f"opening what it needs takes {numbers.brief(look.startup)} in each worker"
