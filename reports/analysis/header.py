"""What a reader must know before the tables: which Python, which machine, which run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median

from .. import numbers
from ..codes import coded
from ..run.schema import Facts
from ..run.stored import Stored
from .cells import Row

WHOLE = 0.8
"""Of the CPUs promised, or of the quota: with less over all rounds a reader is warned."""
MOST_WARNINGS, MOST_LINES = 100, 3
"""That are shown, and of one of them below its first line: an error stands last."""
PERIOD_SECONDS = 0.1
"""Of a control group's quota, as Linux has it by default."""
_GIL = {True: "GIL on", False: "GIL off"}
_STATES = {
    "interrupted": "interrupted: the results so far follow",
    "running": "not finished (still running, or killed): the results so far follow",
}


def lines(stored: Stored, tables: Sequence[Sequence[Row]]) -> Iterator[str]:
    """The header, a line at a time: facts, then warnings."""
    yield from facts(stored, tables)
    for one in warnings(stored, tables):
        first, *more = one.split("\n")
        yield f"warning: {first}"
        yield from (f"  {line.strip()}" for line in more[-MOST_LINES:])


def warnings(stored: Stored, tables: Sequence[Sequence[Row]]) -> list[str]:
    """What a reader must know before any number: of the machine, then of the run."""
    told = [*_doubts(stored, tables), *stored.run.warnings[:MOST_WARNINGS]]
    more = len(stored.run.warnings) - MOST_WARNINGS
    return [*told, f"and {more:,} more warnings"] if more > 0 else told


def facts(stored: Stored, tables: Sequence[Sequence[Row]]) -> Iterator[str]:
    """Python, machine and run, in lines of at most 100 columns where names and numbers are short.

    What stands on which line does not depend on how long it is.
    """
    run = stored.run
    starts = _starts(stored, tables)
    where = [_python(stored), _cpus(stored)]
    machine = list(_machine(stored))
    # More than one do not fit beside the others.
    (where if len(starts) == 1 else machine).append(f"start method {' and '.join(starts)}")
    yield ", ".join(where)
    if machine:
        yield ", ".join(machine)
    seed = "" if run.seed is None else f"seed {run.seed}"
    # A time without a zone is that of the machine, and stays so.
    started = run.started[:16].replace("T", " ") + " UTC" * run.started.endswith("Z")
    yield ", ".join(filter(None, (f"run {run.id}", started, _rounds(tables), seed)))
    if marked := list(_marked(run)):
        yield numbers.listed(marked)
    if run.git:
        dirty = ", with uncommitted changes" if run.git.get("dirty") else ""
        yield f"git {str(run.git.get('revision', ''))[:12]}{dirty}"
    if run.sides:
        yield f"sides {'; '.join(_sides(stored))}"
    if run.state in _STATES:
        yield _STATES[run.state]


def _machine(stored: Stored) -> Iterator[str]:
    jitter = [one.jitter_seconds for one in stored.run.counted.values()]
    if late := [seconds for seconds in jitter if seconds is not None]:
        yield f"timers fire {numbers.duration(median(late))} late"
    if (quota := _quota(stored)) is not None:
        yield f"cgroup quota {numbers.digits(quota)} CPUs"


def _marked(run: Facts) -> Iterator[str]:
    """Rounds that were disturbed."""
    if low := sum(one.low for one in run.counted.values()):
        rounds = f"{len(run.counted):,} round{'s' * (len(run.counted) > 1)}"
        yield f"{low:,} of {rounds} got too little CPU"
    if again := sum(one.replaced for one in run.canary):
        yield f"{again:,} round{'s' * (again > 1)} measured again"


def _python(stored: Stored) -> str:
    about = stored.run.environment
    gil = _GIL.get(about.get("gil", ""), "GIL not recorded")
    name = f"{about.get('implementation', 'Python')} {about.get('python', '')}".strip()
    return f"{name}, {gil}"


def _sides(stored: Stored) -> Iterator[str]:
    """Each side, with its Python where that is another than the run's own, and not its title."""
    side_of = {cell.id: cell.side for cell in stored.run.cells}
    ran = {side_of[one.cell]: one for one in stored.processes if one.python}
    own = _python(stored)
    for side in stored.run.sides:
        one = ran.get(side.title)
        python = f"{one.python}, {_GIL[one.gil]}" if one and one.gil is not None else own
        if python == own:
            yield side.title
        elif python.partition(",")[0].endswith(f" {side.title.removesuffix('t')}"):
            yield python
        else:
            yield f"{side.title} on {python}"


def _cpus(stored: Stored) -> str:
    count = stored.run.environment.get("cpus", "?")
    text = f"{count} CPU{'' if count == 1 else 's'}"
    most = min(stored.run.environment.get("cpus", math.inf), _quota(stored) or math.inf)
    delivered = [min(one.delivered, most) for one in stored.run.counted.values()]
    if not delivered:
        return text
    low, middle, high = min(delivered), median(delivered), max(delivered)
    return f"{middle:.2f} of {text} usable ({low:.2f} to {high:.2f})"


def _quota(stored: Stored) -> float | None:
    """The CPUs that its control group allows, where those are fewer than there are."""
    cpus = stored.run.environment.get("cpus")
    quotas = [one.cgroup_cpus for one in stored.processes if one.cgroup_cpus is not None]
    return least if quotas and isinstance(cpus, int) and (least := min(quotas)) < cpus else None


def _doubts(stored: Stored, tables: Sequence[Sequence[Row]]) -> Iterator[str]:
    """What is wrong with the machine in all rounds alike, so that none stands out."""
    cpus, quota = stored.run.environment.get("cpus"), _quota(stored)
    if stored.run.counted and isinstance(cpus, int):
        usable = median(stored.run.delivered)
        if usable < WHOLE * cpus and (quota is None or usable < WHOLE * quota):
            took = f"something else used {cpus - usable:.2f} of {cpus} CPUs throughout"
            yield coded("busy-machine", f"{took}: process pools look slower")
    batches = [row.batch_seconds for rows in tables for row in rows if row.batch_seconds]
    if quota is not None and batches and min(batches) < PERIOD_SECONDS:
        shortest = f"the shortest batch ({numbers.duration(min(batches))}) may escape the quota"
        period = f"whose period is {numbers.duration(PERIOD_SECONDS)}"
        yield coded("quota-period", f"{shortest}, {period}: raise --tasks")


def _starts(stored: Stored, tables: Sequence[Sequence[Row]]) -> list[str]:
    """What the cells used; where none starts children, the interpreter's own."""
    used = {str(row.strategy_params.get("start") or "") for rows in tables for row in rows} - {""}
    own = str(stored.run.environment.get("start_method", "not recorded"))
    return sorted(used) or [own]


def _rounds(tables: Sequence[Sequence[Row]]) -> str:
    counts = [max(row.rounds for row in rows) for rows in tables]
    low, high = min(counts, default=0), max(counts, default=0)
    span = str(high) if low == high else f"{low} to {high}"
    return f"{span} round{'' if span == '1' else 's'}"
