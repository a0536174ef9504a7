"""Groups of cells whose workers are alive together and take turns: who, how often, in what order.

Where opening takes long and mostly waits, they also open at the same time.

Noise of a shared machine lives below a second.  Cells that are measured seconds apart had another
machine each, cells that take turns had the same; and of several turns the faster half had most of
it to themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from ..machine.identity import cpus
from ..plan.cells import PlannedCell, alike
from ..store.state import Startup

if TYPE_CHECKING:
    from ..store.state import History

TOGETHER, IN_FLIGHT = 8, 128
"""The most workers that are alive at a time, and the most tasks that these have in flight."""
USUAL, MORE = 3, (7, 5)
"""Turns of a round, and those where processes are dear.  Odd, as the faster half counts."""
WITHIN = 4.0
"""How much more turns of a process vary than processes do, as variances.  Of pairs in 18 recorded
rounds beside four busy loops it was 4.3 [3.2, 8.1] (io_sleep), 2.5 [1.7, 6.2] (http_get) and 3.5
[1.9, 20] (cpu_sum), and two or three of one to three turns needed the least time (`nox -s
gate_quality -- --part turns`)."""
STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14)
"""Quantiles of t that 2.5 % exceed, from one degree of freedom on; SciPy's cost a run half a second
to import, and of more degrees all are near the last."""
FIRST_SECONDS = 1.0
"""A batch that takes longer has one turn in the first round."""
PROCESS_SECONDS = 0.15
"""What a worker costs besides opening, batches and closing: it starts, imports pyperf and ends."""
ENOUGH = 8
"""Rounds that a budget should hold: with fewer, one more may be worth more than a further turn."""
STARTING_SECONDS = 0.3
"""A worker starts, opens and ends: 0.1 to 0.5 where that is all it does."""
SLOW_SECONDS, BUSY = 2.0, 0.25
"""What takes longer to open, and computes in less than that share of it, opens beside others."""
UNKNOWN = Startup(0.0, 0.25)
"""Of a lane that was not scouted: interpreters share the CPUs that there are."""
LONG_PART, LEAST_TASKS = 0.15, 8
"""Seconds of a part of a batch in turn, and its tasks, at the least."""
PARTS = (8, 4, 2)
ALIKE = 1.1
"""Parts of a batch that differ by more are not of tasks alike."""


def groups(order: Sequence[int], plan: Iterable[PlannedCell]) -> list[list[int]]:
    """A round's cells as they live together: pairs, else those of a block, next to each other.

    Cells of a block that is too large for one group are paired by round alone where theirs differ.
    """
    of = {one.id: one for one in plan}
    found: list[list[int]] = []
    for cell in order:
        last = [of[one] for one in found[-1]] if found else []
        busy = sum(one.workers for one in [*last, of[cell]])
        alike = last and last[0].company == of[cell].company
        if alike and len(last) < TOGETHER and busy <= IN_FLIGHT:
            found[-1].append(cell)
        else:
            found.append([cell])
    return found


def orders(count: int, turns: int, random: Random) -> list[list[int]]:
    """Who of so many goes when, turn by turn: each order is followed by its reverse."""
    found: list[list[int]] = []
    for turn in range(turns):
        order = found[-1][::-1] if turn % 2 else random.sample(range(count), count)
        found.append(order)
    return found


def beside(cells: Sequence[int], history: History) -> int:
    """Beside how many others each worker of a group opens: all, where it only waits for long."""
    block = next(one.block for one in history.plan if one.id == cells[0])
    lane = history.startups.get(block, Startup())
    waits = lane.seconds > SLOW_SECONDS and lane.cpu < BUSY * lane.seconds
    return len(cells) - 1 if waits and not history.starts_alone else 0


def starting(planned: PlannedCell, lane: Startup | None) -> float:
    """Seconds in which a worker of the cell should start and end, from those with one `lane`.

    Lanes wait side by side.  Those that compute take turns in threads, for the GIL, and share the
    CPUs in children.
    """
    known, start = lane or Startup(), planned.cell.strategy.params.get("start")
    own = known.cpu - known.shared_cpu
    if start is None:
        return max(STARTING_SECONDS, known.seconds + (planned.lanes - 1) * own)
    anew = start == "spawn" or planned.cell.strategy.params.get("preload") is False
    each = known.cpu if anew else own
    forker = known.shared_cpu if start == "forkserver" else 0.0
    alone = known.seconds - own + forker
    return max(STARTING_SECONDS, alone + each * planned.lanes / min(cpus(), planned.lanes))


def longest_start(planned: PlannedCell, lane: Startup | None) -> float:
    """The same at worst: what computes is done by one lane after the other, twice as slowly.

    Each child may start an interpreter and import everything anew.
    """
    known = lane or UNKNOWN
    shared = known.shared_cpu if "start" not in planned.cell.strategy.params else 0.0
    return known.seconds + 2 * (known.cpu - shared) * planned.lanes


def starting_together(cells: Sequence[PlannedCell], history: History) -> float:
    """Seconds in which the workers of a group should start and end."""
    lane = history.startups.get(cells[0].block, Startup())
    each = [starting(one, lane) for one in cells]
    return sum(each) - beside([one.id for one in cells], history) * (lane.seconds - lane.cpu)


def starting_block(cells: Sequence[PlannedCell], history: History) -> float:
    """The same of the cells of a block, with as much as is theirs of the pairs that they are in."""
    if cells and cells[0].pair is not None:
        plan = {one.id: one for one in history.plan}
        pairs = [[plan[other] for other in alike(plan, one.id)] for one in cells]
        return sum(starting_together(pair, history) / len(pair) for pair in pairs)
    plan = {one.id: one for one in cells}
    together = [[plan[one] for one in group] for group in groups([*plan], cells)]
    return sum(starting_together(group, history) for group in together)


def turns(costs: Sequence[tuple[float, float]], seconds: float, done: int) -> list[int]:
    """How many turns pay, for each group of a round; from the seconds of its processes, of a turn.

    Formula: Kalibera and Jones (2013), "Rigorous benchmarking in reasonable time", sqrt(cost of a
    process / cost of a turn * variance within / variance between).  It is of means; of the faster
    half three turns did best where it says two to four.  Where the `seconds` left hold less than
    ENOUGH rounds with those done, as many as make intervals narrowest.
    """
    wanted = [paying(process, turn) for process, turn in costs]

    def rounds(most: int) -> int:
        took = sum(p + min(most, n) * t for (p, t), n in zip(costs, wanted, strict=True))
        return done + int(seconds / took) if took else ENOUGH

    counts = range(max(wanted, default=1), 0, -1)
    if rounds(counts[0]) >= ENOUGH:
        return wanted
    best = min(counts, key=lambda most: (_width(rounds(most), most), most))
    return [min(best, one) for one in wanted]


def _width(rounds: int, turns: int) -> float:
    """Half an interval after so many rounds, in deviations between processes."""
    if rounds < 2:
        return math.inf
    student = STUDENT[min(rounds - 1, len(STUDENT)) - 1]
    return student * math.sqrt((1 + WITHIN / turns) / rounds)


def paying(process: float, turn: float) -> int:
    """How many turns pay, from the seconds of a process and of a turn."""
    return next((one for one in MORE if one * one * turn <= WITHIN * process), USUAL)


def costs(cells: Sequence[int], history: History) -> tuple[float, float]:
    """Seconds of their processes without turns, and of one turn of each; by what they last took."""
    known = [(cell, history.measured[cell][-1]) for cell in cells if history.measured[cell]]
    each = [_cost(run, cell, history) for cell, run in known]
    waited = 0.0
    if known and beside(cells, history):
        *shorter, _ = sorted(run.get("startup") or 0.0 for _, run in known)
        waited = sum(shorter)
    return sum(process for process, _ in each) - waited, sum(turn for _, turn in each)


def _cost(run: Mapping[str, Any], cell: int, history: History) -> tuple[float, float]:
    parts = history.parts_in_common(cell)
    opening = run.get("startup") or 0.0
    rest = max(0.0, (run.get("one_shot") or opening + run["seconds"]) - opening)
    turn = run["seconds"] / parts * history.loops.get(cell, 1)
    return PROCESS_SECONDS + opening + rest / parts, turn


def portion(planned: PlannedCell, history: History) -> tuple[int, int | None]:
    """Into how many parts its batch falls, and which of them is next; all of them at first.

    Only what runs one task after the other has parts; cells of a pair have the same in each round.
    """
    alone = planned.reference or planned.in_turn
    if planned.block in history.first_counts:
        return 1, None
    if not alone or planned.block in history.samples:
        return 1, None
    if not history.measured[planned.id]:
        return parts(history.seconds_per_task.get(planned.block), planned.cell.tasks), None
    number = history.parts_in_common(planned.id)
    return number, (history.rounds - 1) % number if number > 1 else None


def first_values(planned: PlannedCell, history: History, parts: int) -> int:
    """Values of a process of which nothing is known but what a task takes in turn."""
    each = history.seconds_per_task.get(planned.block)
    short = each is not None and each * planned.cell.tasks <= FIRST_SECONDS
    return USUAL if short and parts == 1 else 1


def parts(seconds_per_task: float | None, tasks: int) -> int:
    """In how many parts a batch in turn may run: each long enough, all of as many tasks."""
    if seconds_per_task is None:
        return 1
    for number in PARTS:
        each = tasks // number
        if tasks % number == 0 and each >= LEAST_TASKS and each * seconds_per_task >= LONG_PART:
            return number
    return 1


def even(seconds: Sequence[float]) -> bool:
    """Whether parts that took so long may stand for each other."""
    return bool(seconds) and max(seconds) <= ALIKE * min(seconds)
