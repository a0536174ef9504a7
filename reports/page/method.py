"""How a run was measured, where, and how to repeat it."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from .. import numbers
from ..analysis import records
from ..run import imports
from ..run.schema import Facts
from ..run.stored import Stored

_LONGEST = 4000  # signs of a traceback; what is cut off is its beginning


@dataclass(frozen=True)
class Failure:
    """Worker processes of one cell that failed alike."""

    cell: str
    kind: str
    message: str
    traceback: str
    rounds: str


@dataclass(frozen=True)
class Method:
    """Facts about a run, the command that repeats it ("" if not recorded), its cells.csv."""

    facts: tuple[tuple[str, str], ...]
    command: str
    warnings: tuple[str, ...]
    failures: tuple[Failure, ...]
    csv: str
    csv_name: str


def method(stored: Stored) -> Method:
    """Everything below the results."""
    run = stored.run
    csv = records.cells_csv(stored).encode(errors="backslashreplace")
    return Method(
        facts=tuple((key, said) for key, said in _facts(run) if said),
        command=command(run),
        warnings=run.warnings,
        failures=tuple(_failures(run)),
        csv=f"data:text/csv;charset=utf-8;base64,{base64.b64encode(csv).decode()}",
        csv_name=f"cells-{run.id}.csv",
    )


def command(run: Facts) -> str:
    """The command line that repeats a run, quoted for a shell, with the seed that it drew."""
    if not run.argv:
        return ""
    given = run.seed is None or any(
        word == "--seed" or word.startswith("--seed=") for word in run.argv
    )
    seed = () if given else ("--seed", str(run.seed))
    return shlex.join(("concbench", *run.argv, *seed))


def _facts(run: Facts) -> Iterator[tuple[str, str]]:
    about = run.environment
    yield "run", run.id
    yield "state", run.state
    yield "started", run.started
    yield "ended", run.ended or ""
    yield "seed", "" if run.seed is None else str(run.seed)
    yield "budget", numbers.duration(run.budget_seconds) if run.budget_seconds else ""
    yield "rounds asked for", str(run.rounds_limit or "")
    yield "reference", run.reference or ""
    yield "concbench", run.concbench
    yield "Python", " ".join(_told(about, "implementation", "python", "build"))
    yield "GIL", {True: "on", False: "off"}.get(about.get("gil", ""), "")
    yield "CPUs", " ".join(_told(about, "cpus"))
    yield "CPUs delivered", _delivered(run)
    yield "affinity", " ".join(_told(about, "affinity"))
    yield "CPU model", " ".join(_told(about, "cpu_model"))
    yield "start method", " ".join(_told(about, "start_method"))
    yield "platform", " ".join(_told(about, "platform"))
    yield "host", " ".join(_told(about, "hostname"))
    yield "packages", _mapping(about.get("packages"), " ")
    yield "variables", _mapping(about.get("variables"), "=")
    yield "git", _git(run.git)
    yield "sides", "; ".join(f"{side.title}: {side.python}" for side in run.sides)
    compared = [imports.summary(run), *imports.lines(run)]
    yield "what was compared", "; ".join(compared) if run.imports else ""


def _told(about: dict[str, Any], *keys: str) -> list[str]:
    return [str(about[key]) for key in keys if about.get(key) not in (None, "")]


def _delivered(run: Facts) -> str:
    seen = [canary.delivered for canary in run.counted.values()]
    if not seen:
        return ""
    low, middle, high = (numbers.digits(value) for value in (min(seen), median(seen), max(seen)))
    return f"{middle} (median of {len(seen):,} rounds, {low} to {high})"


def _mapping(value: object, sign: str) -> str:
    if not isinstance(value, dict):
        return json.dumps(value) if value else ""
    return ", ".join(f"{key}{sign}{item}" for key, item in value.items())


def _git(git: dict[str, Any] | None) -> str:
    if not git:
        return ""
    branch = f" on {git['branch']}" if git.get("branch") else ""
    dirty = ", with uncommitted changes" if git.get("dirty") else ""
    return f"{git.get('revision', '')}{branch}{dirty}"


def _failures(run: Facts) -> Iterator[Failure]:
    cells = {cell.id: f"{cell.side}: {cell.name}" if cell.side else cell.name for cell in run.cells}
    alike: dict[tuple[int, str, str], list[int]] = {}
    first: dict[tuple[int, str, str], str] = {}
    for one in run.failures:
        key = one.cell, one.kind, one.message
        alike.setdefault(key, []).append(one.round)
        first.setdefault(key, one.traceback)
    for (cell, kind, message), rounds in alike.items():
        traceback = first[cell, kind, message]
        cut = "...\n" + traceback[-_LONGEST:] if len(traceback) > _LONGEST else traceback
        word = "round" if len(rounds) == 1 else "rounds"
        said = f"{word} {', '.join(map(str, rounds[:10]))}{' ...' if len(rounds) > 10 else ''}"
        yield Failure(cells.get(cell, f"cell {cell}"), kind, message, cut, said)
