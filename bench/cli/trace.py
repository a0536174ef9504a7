"""A recorded batch as Chrome trace events, which Perfetto and chrome://tracing open.

The form is the one published as "Trace Event Format" (Duca and Sinclair): an object with
`traceEvents`, times in microseconds.  Complete events (`X`) of one thread must nest, so each task
that overlaps another of its lane gets a track of its own.

`concbench trace`: one instrumented pass of a cell, as a file to look at.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .. import __version__
from ..driver.probe_results import Flight, Pass
from ..errors import Exit, UsageError
from ..store.runs import check_file

if TYPE_CHECKING:
    from ..driver.lab import Lab
    from ..plan.cells import Planned
    from ..plan.settings import Settings
    from ..processes.outputs import Failed
    from .exit import Outcome


Event: TypeAlias = dict[str, Any]


class Place(NamedTuple):
    """The track of an event."""

    process: int
    thread: int


def document(recorded: Pass, about: dict[str, str]) -> dict[str, Any]:
    """The whole file, for `json.dump`; `about` is shown with it."""
    events = [*_tasks(recorded), *_counts(recorded), *_beats(recorded)]
    events.sort(key=lambda event: (event["ph"] != "M", event["ts"]))  # names of tracks come first
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": about}


@dataclass
class Tracks:
    """The tracks of one lane: each is free from a moment on."""

    name: str
    free_from: list[int] = field(default_factory=list)

    def place(self, one: Flight) -> int:
        """The first track that is free when the task starts."""
        for track, free_from in enumerate(self.free_from):
            if free_from <= one.started:
                self.free_from[track] = one.ended
                return track
        self.free_from.append(one.ended)
        return len(self.free_from) - 1

    def label(self, track: int) -> str:
        return self.name if len(self.free_from) == 1 else f"{self.name}, in flight {track + 1}"


def _tasks(recorded: Pass) -> Iterator[Event]:
    lanes = [Tracks(lane.name) for lane in recorded.lanes]
    placed = [(one, lanes[one.lane].place(one)) for one in recorded.flights]
    tracks = [
        (lane, track) for lane, made in enumerate(lanes) for track in range(len(made.free_from))
    ]
    places = {
        (lane, track): Place(recorded.lanes[lane].pid, number)
        for number, (lane, track) in enumerate(tracks, 1)
    }
    for (lane, track), place in places.items():
        yield _named("thread_name", lanes[lane].label(track), place)
    yield from _processes(recorded)
    for one, track in placed:
        args = {"task": one.task, **_waiting(one)}
        began, took = _time(recorded, one.started), (one.ended - one.started) / 1000
        task = _event("X", f"task {one.task}", began, places[one.lane, track], args)
        yield {**task, "dur": took, "cat": "task"}


def _processes(recorded: Pass) -> Iterator[Event]:
    names = {lane.pid: lane.name for lane in recorded.lanes}
    for pid, name in {**names, recorded.pid: "worker"}.items():
        yield _named("process_name", name, Place(pid, 0))


def _waiting(one: Flight) -> dict[str, float]:
    return {"waiting_ms": (one.started - one.submitted) / 1e6} if one.submitted else {}


def _counts(recorded: Pass) -> Iterator[Event]:
    """Tasks that wait and tasks that run, whenever that changes."""
    changes = []
    for one in recorded.flights:
        changes += [(one.started, 1, -bool(one.submitted), 1), (one.ended, 1, 0, -1)]
        if one.submitted:
            changes.append((one.submitted, 0, 1, 0))  # before a start in the same nanosecond
    waiting = running = 0
    for at, _, more_waiting, more_running in sorted(changes):
        waiting += more_waiting
        running += more_running
        args = {"waiting": waiting, "running": running}
        yield _event("C", "tasks", _time(recorded, at), Place(recorded.pid, 0), args)


def _beats(recorded: Pass) -> Iterator[Event]:
    for number, beats in enumerate(recorded.beats):
        # Beside the tasks' tracks, whose numbers begin at 1.
        place = Place(recorded.pid, 1_000_000 + number)
        if beats:
            yield _named("thread_name", "event loop", place)
        for due, at in beats:
            when, lag = _time(recorded, at), (at - due) / 1e6
            beat = _event("i", "heartbeat", when, place, {"lag_ms": lag})
            yield {**beat, "s": "t", "cat": "loop"}  # drawn on its own thread's track
            yield _event("C", "loop lag", when, Place(recorded.pid, 0), {"ms": lag})


def _event(phase: str, name: str, at: float, place: Place, args: Mapping[str, Any]) -> Event:
    where = {"pid": place.process, "tid": place.thread}
    return {"ph": phase, "name": name, "ts": at, **where, "args": args}


def _named(what: str, name: str, place: Place) -> Event:
    return _event("M", what, 0.0, place, {"name": name})


def _time(recorded: Pass, at: int) -> float:
    return (at - recorded.began) / 1000


NAME = r"[^/:\[\]]+"
PLUGIN = rf"(?:[^:\[\]]+\.py:{NAME}|{NAME}(?::{NAME})?)(?:\[.*\])?"
VIEWER = "https://ui.perfetto.dev"


def trace(cell: str, output: str | None, given: Mapping[str, Any], outcome: Outcome) -> None:
    """Run the cell once with every instrument and write Chrome trace events; `-` is stdout."""
    from ..driver.lab import laboratory
    from ..plan.settings import resolve

    workload, strategy = parted(cell)
    settings = resolve({**given, "workload": [workload], "strategy": [strategy]})
    planned = _planned(cell, settings)
    path = None if output == "-" else Path(output or f"trace-{_plain(planned)}.json")
    if path:
        check_file(path)
    with laboratory(settings.results, (planned,)) as lab:
        recorded = _recorded(lab, planned, settings)
    if not isinstance(recorded, Pass):
        print(f"concbench: {planned.cell.name}: {recorded.message}", file=sys.stderr)
        outcome.failed, outcome.codes = 1, {*outcome.codes, Exit.FAILED}
        return
    if recorded.disorder:
        raise UsageError(f"{planned.cell.name} cannot be drawn: {recorded.disorder}")
    about = {"cell": planned.cell.name, "concbench": __version__}
    _write(json.dumps(document(recorded, about)), path)
    seconds = (recorded.ended - recorded.began) * 1e-9
    told = f"{len(recorded.flights)} tasks in {1000 * seconds:.1f} ms"
    print(f"{path or 'stdout'}: {told}; open it in {VIEWER}", file=sys.stderr)


def parted(cell: str) -> tuple[str, str]:
    """Workload and strategy of `WORKLOAD/STRATEGY`, both as -w and -s take them.

    Files and parameters may have slashes of their own.
    """
    for slash in re.finditer("/", cell):
        both = cell[: slash.start()], cell[slash.end() :]
        if all(re.fullmatch(PLUGIN, text) for text in both):
            return both
    raise UsageError(
        f"a cell is WORKLOAD/STRATEGY, such as io_sleep/asyncio or file.py:Name/threading, "
        f"not {cell!r}"
    )


def _planned(cell: str, settings: Settings) -> Planned:
    from ..driver import runnable
    from ..plan.cells import plan

    cells = runnable(plan(settings))
    if len(cells) > 1:
        names = ", ".join(planned.cell.name for planned in cells[:3])
        raise UsageError(f"{cell} is {len(cells)} cells ({names} ...): a trace is of one")
    return cells[0]


def _recorded(lab: Lab, planned: Planned, settings: Settings) -> Pass | Failed:
    from ..driver import limits

    patience = limits(settings).patience
    task = lab.scout(planned, patience(None))
    if not isinstance(task, float):
        return task
    return lab.recorded(planned, patience(task * planned.cell.tasks))


def _plain(planned: Planned) -> str:
    name = f"{planned.cell.workload.name}-{planned.cell.strategy.name}"
    return re.sub(r"[^\w.+-]+", "-", name)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        print(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
