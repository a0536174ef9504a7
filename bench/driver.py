"""A run from settings to a stored folder: the whole program, in the order in which it happens."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any

from . import machine, shelf, store
from .children import Children
from .errors import Interrupted, NothingSelected, UsageError
from .fixtures import running
from .history import History
from .journal import Journal, entries
from .lab import Lab
from .lock import held
from .plan import Planned, plan
from .probes import raw
from .probes.probing import Probing
from .rounds import Course, Limits, Wanted
from .settings import BUDGET, Settings
from .variables import REMOVED, recorded
from .watching import Watch, Watched

Plan = tuple[Planned, ...]


def run(settings: Settings, argv: Sequence[str], watch: Watch, resume: Path | None = None) -> Path:
    """Measure what the settings select and return the folder of the stored run.

    Raises UsageError before anything is measured, and Interrupted, with the folder, when a signal
    ended the run; what was measured is saved in either case.
    """
    cells = runnable(plan(settings))
    names = [planned.cell.name for planned in cells]
    stored = shelf.resumable(resume, names, machine.facts()) if resume else {}
    past = History(cells, entries(resume / "journal.jsonl") if resume else ())
    seed = stored.get("seed", _seed(settings))
    with laboratory(settings, cells, seed, past.elapsed) as lab:
        folder = resume or store.create(settings.results)
        facts = {**_facts(settings, cells, seed), "argv": list(argv), **_kept(stored)}
        with _saving(folder, facts, cells, past) as save, Journal(folder / "journal.jsonl") as log:
            limit, probes = limits(settings), settings.probes
            told = Watched(watch, lab.elapsed, cells, past, limit, probes)
            course = Course(cells, past, lab, log.append, save, told.visit, limit, seed)
            course.run(_wanted(settings, cells))
            keep = partial(raw.write, folder) if settings.raw else None
            probing = Probing(cells, past, lab, probes, log.append, told.probe, limit, keep)
            without = probing.run(_budget(settings))
    store.warn(folder, [*lab.trouble(), *without])
    return folder


@dataclass(frozen=True)
class DryRun:
    """One visit of every cell: its failures, and how long a round takes in seconds."""

    plan: Plan
    past: History
    seconds_per_round: float


def dry_run(settings: Settings, watch: Watch) -> DryRun:
    """Run every cell once and store nothing."""
    cells = runnable(plan(settings))
    past, once = History(cells), Limits(limits(settings).budget, 1, settings.timeout)
    with laboratory(settings, cells, 0) as lab:
        told = Watched(watch, lab.elapsed, cells, past, once, ())
        course = Course(cells, past, lab, lambda _: None, lambda: None, told.visit, once, 0)
        course.run(lambda _: [planned.id for planned in cells])
        return DryRun(cells, past, lab.elapsed())


@contextmanager
def laboratory(settings: Settings, cells: Plan, seed: int, elapsed: float = 0.0) -> Iterator[Lab]:
    """The machine for ourselves, a folder for what workers write, and the fixtures."""
    with (
        held(settings.results),
        tempfile.TemporaryDirectory(prefix="concbench-") as name,
        Children() as children,
    ):
        children.remove_if_killed(Path(name))
        workloads = {p.cell.workload.label: p.cell.workload for p in cells if not p.reason}
        with running(children, workloads.values()) as fixtures:
            yield Lab(children, Path(name), fixtures, seed=seed, elapsed=elapsed)


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
def _saving(
    folder: Path, facts: Mapping[str, Any], cells: Plan, past: History
) -> Iterator[Callable[[], None]]:
    """Yield what saves the run; save it at the beginning and, however it ends, at the end."""

    def save(state: str = "running") -> None:
        ended = None if state == "running" else store.stamp()
        store.write(folder, {**facts, "state": state, "ended": ended}, cells, past)

    save()
    store.point_latest(folder)
    try:
        yield save
    except BaseException as error:
        with suppress(UsageError):  # a full disk; the journal has it all, and the error says so
            save("interrupted")
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(folder) from None
        raise
    save("finished")


def _wanted(settings: Settings, cells: Plan) -> Wanted:
    from reports.stopping import Block, wanted  # statistics are theirs

    if settings.rounds is not None:
        return lambda _: [planned.id for planned in cells]
    blocks = [
        Block(
            tuple(p.id for p in cells if p.block == block),
            next((p.id for p in cells if p.block == block and p.reference), None),
        )
        for block in sorted({p.block for p in cells})
    ]
    return lambda history: wanted(blocks, history)


def _seed(settings: Settings) -> int:
    return SystemRandom().randrange(2**32) if settings.seed is None else settings.seed


def _budget(settings: Settings) -> float | None:
    return settings.budget or (None if settings.rounds else BUDGET)


def _facts(settings: Settings, cells: Plan, seed: int) -> dict[str, Any]:
    variables = {"variables": recorded(), "removed": list(REMOVED)}
    environment = machine.facts() | variables
    return {
        "started": store.stamp(),
        "settings": settings.model_dump(mode="json", exclude_defaults=True, exclude={"results"}),
        "seed": seed,
        "budget_seconds": _budget(settings),
        "rounds_limit": settings.rounds,
        "timeout_seconds": settings.timeout,
        "reference": settings.reference,
        "probes": settings.probes,
        "environment": environment,
        "git": machine.git(Path.cwd()),
        "warnings": _warnings(cells, environment),
    }


def _warnings(cells: Plan, environment: Mapping[str, Any]) -> list[str]:
    here, there = environment["cpus"], environment["cpus_of_machine"]
    most = max(planned.workers for planned in cells)
    found = []
    if here < there and here < most:
        found.append(f"this process may use {here} of {there} CPUs, and {most} workers share them")
    if (quota := environment["cgroup_cpus"]) is not None and quota < here:
        found.append(
            f"its cgroup may use {quota:g} of {here} CPUs on average: whoever took more is "
            "stopped for a while, and the CPUs delivered, measured in short windows, do not tell"
        )
    return found


def _kept(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {key: stored[key] for key in ("started", "argv") if key in stored}
