"""The stored run: a folder that every moment of the run leaves readable."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import engine
from ..errors import UsageError
from ..planning.plan import Planned
from .history import History

SCHEMA = 1
IGNORE = """\
# Runs stay here; baselines are meant to be committed.
*
!.gitignore
!baselines/
!baselines/**
"""


def create(results: Path) -> Path:
    """A folder for a new run: `runs/0001-20261121T045000Z` under `results`."""
    try:
        (results / "runs").mkdir(parents=True, exist_ok=True)
        keep_out_of_git(results)
        folder = _numbered(results / "runs")
    except OSError as error:
        raise UsageError(f"cannot write results to {results}: {error.strerror}") from error
    return folder


def keep_out_of_git(results: Path) -> None:
    """Have git pass over what is stored here, unless the user has said otherwise."""
    ignore = results / ".gitignore"
    if not ignore.exists():
        ignore.write_text(IGNORE, encoding="utf-8")


def _numbered(runs: Path) -> Path:
    stamp = now().strftime("%Y%m%dT%H%M%SZ")
    taken = [int(match[1]) for path in runs.iterdir() if (match := re.match(r"(\d+)-", path.name))]
    folder = runs / f"{max(taken, default=0) + 1:04d}-{stamp}"
    folder.mkdir()
    return folder


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def stamp() -> str:
    """The time as it is stored: `2026-11-21T04:50:00Z`."""
    return now().isoformat().replace("+00:00", "Z")


def write(folder: Path, facts: Mapping[str, Any], plan: tuple[Planned, ...], past: History) -> None:
    """Bring run.json, samples.json and probes.json up to what the journal says, each in one step.

    Raises UsageError when they cannot be written; the journal still has it all.
    """
    with _naming(folder):
        _write(folder, facts, plan, past)


def _write(
    folder: Path, facts: Mapping[str, Any], plan: tuple[Planned, ...], past: History
) -> None:
    failures = [_failure(entry) for entry in past.failures]
    record = {
        "schema": SCHEMA,
        "id": folder.name,
        **facts,
        "warnings": [*facts["warnings"], *past.trouble],
        "seconds": past.elapsed,
        "cells": [_cell(planned, past) for planned in plan],
        "order": past.orders,
        "canary": past.canary(),
        "failures": failures,
    }
    _replace(folder / "run.json", json.dumps(record, indent=1, ensure_ascii=False))
    for place, side in enumerate(dict.fromkeys(planned.side for planned in plan)):
        own = [planned for planned in plan if planned.side == side and not past.wrong(planned.id)]
        suite = engine.merged([run["benchmark"] for run in past.measured[p.id]] for p in own)
        if suite is not None:
            partial = folder / f"{samples(place)}.partial"
            engine.dump(suite, partial)
            partial.replace(folder / samples(place))
    probed = past.probed.document(plan)
    if probed is not None:
        _replace(folder / "probes.json", json.dumps(probed, ensure_ascii=False))


def samples(place: int) -> str:
    """The file of a side's suite; pyperf takes no two interpreters in one."""
    return f"samples-{place + 1}.json" if place else "samples.json"


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write {folder}: {error.strerror}\n"
            "  what was measured is in its journal: make room and go on with --resume"
        ) from error


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def _failure(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("round", "cell", "kind", "message", "traceback")}


def _cell(planned: Planned, past: History) -> dict[str, Any]:
    cell, why = planned.cell, past.reason(planned.id)
    if planned.reason:
        status, why = "unavailable", planned.reason
    elif why:
        status = "failed"
    else:
        status = "measured" if past.measured[planned.id] else "pending"
    return {
        "id": planned.id,
        "name": cell.name,
        "workload": _spec(cell.workload),
        "strategy": _spec(cell.strategy),
        "tasks": cell.tasks,
        "measured_tasks": past.measured_tasks(planned),
        "workers": planned.workers,
        "block": planned.block,
        "reference": planned.reference,
        "loops": past.loops.get(planned.id, 1),
        "status": status,
        "reason": why,
        **({"side": planned.side, "pair": planned.pair} if planned.side else {}),
    }


def _spec(spec: Any) -> dict[str, Any]:
    unusual = {"unusual": spec.unusual} if spec.unusual else {}
    return {"name": spec.name, "target": spec.target, "params": spec.params, **unusual}


def point_latest(folder: Path) -> None:
    """Make `latest` name this run: a link, or a file with its name where links are not allowed."""
    latest = folder.parent.parent / "latest"
    partial = latest.with_name("latest.partial")
    partial.unlink(missing_ok=True)
    try:
        partial.symlink_to(Path("runs") / folder.name, target_is_directory=True)
    except OSError:
        partial.write_text(f"runs/{folder.name}\n", encoding="utf-8")
    partial.replace(latest)
