"""What a reader must know before the tables: which Python, which machine, which run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median

from .. import numbers
from ..run.schema import Facts
from ..run.stored import Stored
from .cells import Row

WHOLE = 0.8
"""Of the CPUs promised, or of the quota: with less over all rounds a reader is warned."""
MOST_WARNINGS = 100
PERIOD_SECONDS = 0.1
"""Of a control group's quota, as Linux has it by default."""
_GIL = {True: "GIL on", False: "GIL off"}
_STATES = {
    "interrupted": "interrupted: what was measured until then follows",
    "running": "not finished: it is still running or was killed; what is stored so far follows",
}


def lines(stored: Stored, tables: Sequence[Sequence[Row]]) -> Iterator[str]:
    """The header, a line at a time, of at most 100 columns where names and numbers are short.

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
    facts = (f"run {run.id}", started, _rounds(tables), seed)
    yield ", ".join(filter(None, facts))
    if marked := list(_marked(run)):
        yield numbers.listed(marked)
    if run.git:
        dirty = ", with uncommitted changes" if run.git.get("dirty") else ""
        yield f"git {str(run.git.get('revision', ''))[:12]}{dirty}"
    if run.sides:
        yield f"sides {'; '.join(_sides(stored))}"
    if run.state in _STATES:
        yield _STATES[run.state]
    yield from (f"warning: {doubt}" for doubt in _doubts(stored, tables))
    yield from (f"warning: {warning}" for warning in run.warnings[:MOST_WARNINGS])
    if (more := len(run.warnings) - MOST_WARNINGS) > 0:
        yield f"and {more:,} more warnings"


def _machine(stored: Stored) -> Iterator[str]:
    jitter = [one.jitter_seconds for one in stored.run.counted.values()]
    if late := [seconds for seconds in jitter if seconds is not None]:
        yield f"wake-up jitter {numbers.duration(median(late))}"
    if (quota := _quota(stored)) is not None:
        yield f"cgroup quota {numbers.digits(quota)} CPUs"


def _marked(run: Facts) -> Iterator[str]:
    """Rounds that were disturbed."""
    if low := sum(one.low for one in run.counted.values()):
        yield f"low CPU in {low:,} of {len(run.counted):,} round{'s' * (len(run.counted) > 1)}"
    if again := sum(one.replaced for one in run.canary):
        yield f"{again:,} round{'s' * (again > 1)} measured again"


def _python(stored: Stored) -> str:
    about = stored.run.environment
    gil = _GIL.get(about.get("gil", ""), "GIL not recorded")
    name = f"{about.get('implementation', 'Python')} {about.get('python', '')}".strip()
    return f"{name}, {gil}"


def _sides(stored: Stored) -> Iterator[str]:
    """Each side, with its Python where that is another than the run's own."""
    side_of = {cell.id: cell.side for cell in stored.run.cells}
    ran = {side_of[one.cell]: one for one in stored.processes if one.python}
    own = _python(stored)
    for side in stored.run.sides:
        one = ran.get(side.title)
        python = f"{one.python}, {_GIL[one.gil]}" if one and one.gil is not None else own
        yield side.title if python == own else f"{side.title} on {python}"


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
            yield (
                f"something else took {cpus - usable:.2f} of {cpus} CPUs all along: processes and "
                "threads that compute look slow by that; concbench doctor says more"
            )
    batches = [row.batch_seconds for rows in tables for row in rows if row.batch_seconds]
    if quota is not None and batches and min(batches) < PERIOD_SECONDS:
        yield (
            f"the shortest batch takes {numbers.duration(min(batches))}, the quota's period "
            f"{numbers.duration(PERIOD_SECONDS)}: some batches end before it throttles them; more "
            "--tasks make them long enough"
        )


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
