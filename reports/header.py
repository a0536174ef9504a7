"""What a reader must know before the tables: which Python, which machine, which run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from . import text
from .cells import Row
from .facts import Facts
from .stored import Stored

_STATES = {
    "interrupted": "interrupted: what was measured until then follows",
    "running": "not finished: it is still running or was killed; what is stored so far follows",
}


WIDTH = 100


def lines(stored: Stored, tables: Sequence[Sequence[Row]]) -> Iterator[str]:
    """The header, a line at a time, of no more than WIDTH columns where names allow that."""
    run = stored.run
    yield from _filled((_python(stored), _cpus(stored), f"start method {_start(stored, tables)}"))
    yield from _filled(_machine(stored))
    seed = "" if run.seed is None else f"seed {run.seed}"
    told = (f"run {run.id}", _when(run.started), f"{_rounds(tables)}{_marked(run)}", seed)
    yield from _filled(filter(None, told))
    if run.git:
        dirty = ", with uncommitted changes" if run.git.get("dirty") else ""
        yield f"git {str(run.git.get('revision', ''))[:12]}{dirty}"
    if run.state in _STATES:
        yield _STATES[run.state]
    yield from (f"warning: {warning}" for warning in run.warnings)


def _filled(parts: Iterable[str]) -> Iterator[str]:
    """As many as there is room for on a line."""
    line = ""
    for part in parts:
        if line and len(line) + len(part) + 2 > WIDTH:
            yield line
            line = part
        else:
            line = f"{line}, {part}" if line else part
    if line:
        yield line


def _machine(stored: Stored) -> Iterator[str]:
    late = [one.jitter_seconds for one in stored.run.counted.values()]
    if known := [seconds for seconds in late if seconds is not None]:
        yield f"wake-up jitter {text.duration(median(known))}"
    cpus = stored.run.environment.get("cpus")
    quotas = [one.cgroup_cpus for one in stored.processes if one.cgroup_cpus is not None]
    if quotas and cpus is not None and (least := min(quotas)) < cpus:
        yield f"cgroup quota {text.digits(least)} CPUs"


def _marked(run: Facts) -> str:
    low = sum(one.low for one in run.counted.values())
    again = sum(one.replaced for one in run.canary)
    counts = {"with low CPU": low, "measured again": again}
    told = [f"{count:,} {what}" for what, count in counts.items() if count]
    return f" ({' and '.join(told)})" if told else ""


def _python(stored: Stored) -> str:
    about = stored.run.environment
    gil = {True: "GIL on", False: "GIL off"}.get(about.get("gil", ""), "GIL not recorded")
    return f"{about.get('implementation', 'Python')} {about.get('python', '')}, {gil}"


def _cpus(stored: Stored) -> str:
    count = stored.run.environment.get("cpus", "?")
    said = f"{count} CPU{'' if count == 1 else 's'}"
    seen = [canary.delivered for canary in stored.run.counted.values()]
    if not seen:
        return said
    low, middle, high = (f"{value:.2f}" for value in (min(seen), median(seen), max(seen)))
    return f"{said}, {middle} delivered [{low}, {high}]"


def _start(stored: Stored, tables: Sequence[Sequence[Row]]) -> str:
    """What the cells used; where none starts children, the interpreter's own."""
    used = {str(row.strategy_params.get("start", "")) for rows in tables for row in rows} - {""}
    own = str(stored.run.environment.get("start_method", "not recorded"))
    return " and ".join(sorted(used)) or own


def _when(started: str) -> str:
    # A time without a zone is that of the machine, and stays so.
    return started[:16].replace("T", " ") + (" UTC" if started.endswith("Z") else "")


def _rounds(tables: Sequence[Sequence[Row]]) -> str:
    counts = [max(row.rounds for row in rows) for rows in tables]
    low, high = min(counts, default=0), max(counts, default=0)
    span = str(high) if low == high else f"{low} to {high}"
    return f"{span} round{'' if span == '1' else 's'}"
