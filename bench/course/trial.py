"""Runs one lesson, in its own process: all its ways in turns, round after round.

Standard library only, beside what the lesson itself needs.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..contracts import Plain
from ..spec import Spec
from .claims import Way, Ways, Words


def teach(job: dict[str, Any], folder: str) -> None:
    """Write `result.json`: the readings of all rounds, and why a claim cannot be checked here."""
    lesson = Spec(**job["workload"]).build()
    if second := job.get("second"):
        sys.modules[type(lesson).__module__].SECOND = second  # type: ignore[attr-defined]
    result = {
        "readings": readings(lesson, job["rounds"]),
        "absent": {name: why.plain() for name, why in absent(lesson).items()},
    }
    Path(folder, "result.json").write_text(json.dumps(result), encoding="utf-8")


def readings(lesson: Any, rounds: int) -> dict[str, list[Plain]]:
    """What each way took and gave, a value a round.  One round before them warms up.

    Every other round has the ways in reverse, so that none is always the first.  Raises LookupError
    where a claim needs a reading that there is not.
    """
    found: dict[str, list[Plain]] = {}
    with _opened(lesson.ways()) as ways:
        for number in range(rounds + 1):
            for name, way in list(ways.items())[:: -1 if number % 2 else 1]:
                for key, value in _taken(name, way).items():
                    found.setdefault(key, []).append(value)
    checked = {name: one for name, one in lesson.claims.items() if name not in absent(lesson)}
    needed = {key for claim in checked.values() for key in claim.check.readings}
    if missing := sorted(needed - found.keys()):
        raise LookupError(f"no reading {', '.join(missing)}: there are {', '.join(sorted(found))}")
    return {key: values[1:] for key, values in found.items()}


def absent(lesson: Any) -> Mapping[str, Words]:
    """Why a claim cannot be checked here, by the claim's name."""
    reasons: Mapping[str, Words] = getattr(lesson, "absent", dict)()
    return reasons


@contextmanager
def _opened(ways: Any) -> Iterator[Ways]:
    if isinstance(ways, Mapping):
        yield ways
    else:
        with ways as opened:
            yield opened


def _taken(name: str, way: Way) -> dict[str, Plain]:
    """The seconds of a way, and the readings that it returns."""
    if inspect.iscoroutinefunction(way):
        # Its own loop: what one leaves is not the next one's, and its end is not in the time.
        seconds, given = asyncio.run(_awaited(way))
    else:
        began = time.perf_counter()
        given = way()
        seconds = time.perf_counter() - began
    more = given if isinstance(given, dict) else {}
    return {name: seconds, **{f"{name}.{key}": value for key, value in more.items()}}


async def _awaited(way: Way) -> tuple[float, Any]:
    began = time.perf_counter()
    given = await way()
    return time.perf_counter() - began, given
