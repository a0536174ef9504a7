"""`concbench trace`: one instrumented pass of a cell, as Chrome trace events.

Perfetto and chrome://tracing open them.  The form is the one published as "Trace Event Format"
(Duca and Sinclair): an object with `traceEvents`, times in microseconds.  Complete events (`X`) of
one thread must nest, so each task that overlaps another of its lane gets a track of its own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from typer import Argument, Option

from ..errors import UsageError
from . import options, stored
from .exit import ending

if TYPE_CHECKING:
    from ..driver.lab import Lab
    from ..driver.probe_results import Flight, Pass
    from ..plan.cells import PlannedCell
    from ..plan.settings import Settings
    from ..processes.outputs import Failed
    from ..sides import MeasuredSide

NAME = r"[^/:\[\]]+"
PLUGIN = rf"(?:[^:\[\]]+\.py:{NAME}|{NAME}(?::{NAME})?)(?:\[.*\])?"
VIEWER = "https://ui.perfetto.dev"

Event: TypeAlias = dict[str, Any]
Track: TypeAlias = tuple[int, int]
"""Numbers of the process and the thread that a viewer draws an event under."""

Cell = Annotated[
    str, Argument(metavar="CELL", help="WORKLOAD/STRATEGY, in the forms of -w and -s.")
]
Output = Annotated[
    str | None,
    Option(
        "-o",
        "--output",
        metavar="FILE",
        help="File to write, - for stdout (default: named after the cell).",
    ),
]


def trace(
    cell: Cell,
    output: Output = None,
    param: options.Param = None,
    tasks: options.Tasks = None,
    workers: options.Workers = None,
    start: options.Start = None,
    timeout: options.Timeout = None,
) -> None:
    """Run a cell once and write its timeline for Perfetto."""
    given = {"param": param, "tasks": tasks, "workers": workers, "start": start, "timeout": timeout}
    with ending() as outcome:
        import json
        from importlib.metadata import version

        from ..driver.lab import laboratory
        from ..plan.settings import resolve
        from ..processes.outputs import Failed

        workload, strategy = split(cell)
        settings = resolve({**given, "workload": [workload], "strategy": [strategy]})
        planned, side = _plan(cell, settings)
        name = f"{planned.cell.workload.name}-{planned.cell.strategy.name}"
        file = output or re.sub(r"[^\w.+-]+", "-", f"trace-{name}.json")
        stored.check_output(file)
        with laboratory((planned,), side=side) as lab:
            batch = _record(lab, planned, settings)
        if isinstance(batch, Failed):
            print(f"concbench: {planned.cell.name}: {batch.message}", file=sys.stderr)
            outcome.failed = 1
            return
        if batch.disorder:
            raise UsageError(f"{planned.cell.name} cannot be drawn: {batch.disorder}")
        about = {"cell": planned.cell.name, "concbench": version("concbench")}
        stored.write_output(json.dumps(document(batch, about)) + "\n", "json", file)
        took = f"{len(batch.flights)} tasks in {(batch.ended - batch.began) / 1e6:.1f} ms"
        print(f"{'stdout' if file == '-' else file}: {took}; open it in {VIEWER}", file=sys.stderr)


def split(cell: str) -> tuple[str, str]:
    """Workload and strategy of `WORKLOAD/STRATEGY`, both as -w and -s take them.

    Files and parameters may have slashes of their own.
    """
    for slash in re.finditer("/", cell):
        both = cell[: slash.start()], cell[slash.end() :]
        if all(re.fullmatch(PLUGIN, text) for text in both):
            return both
    examples = "io_sleep/asyncio or file.py:Name/threading"
    raise UsageError(f"a cell is WORKLOAD/STRATEGY, such as {examples}, not {cell!r}")


def _plan(cell: str, settings: Settings) -> tuple[PlannedCell, MeasuredSide]:
    from ..driver import runnable
    from ..sides.plans import plan_here

    shared = plan_here(settings)
    cells = runnable(shared.cells)
    if len(cells) > 1:
        names = ", ".join(planned.cell.name for planned in cells[:3])
        raise UsageError(f"{cell} means {len(cells)} cells ({names} ...): trace takes one")
    return cells[0], shared.sides[0]


def _record(lab: Lab, planned: PlannedCell, settings: Settings) -> Pass | Failed:
    from ..driver import limits
    from ..driver.schedule import Scouting

    limit = limits(settings)
    one = lab.scout(planned, limit.patience(None))
    if not isinstance(one, Scouting):
        return one
    batch = one.seconds_per_task * planned.cell.tasks
    return lab.record(planned, limit.opening(batch, planned, one.lane))


def document(batch: Pass, about: dict[str, str]) -> dict[str, Any]:
    """The whole file, for `json.dump`; `about` is shown with it."""
    events = [*_tasks(batch), *_counts(batch), *_beats(batch)]
    events.sort(key=lambda event: (event["ph"] != "M", event["ts"]))  # names of tracks come first
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": about}


class LaneTracks:
    """The tracks of one lane: each is free from a moment on."""

    def __init__(self, name: str) -> None:  # a dataclass would cost --help 0.4 ms
        self.name = name
        self.free_from: list[int] = []

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


def _tasks(batch: Pass) -> Iterator[Event]:
    lanes = [LaneTracks(lane.name) for lane in batch.lanes]
    placed = [(one, lanes[one.lane].place(one)) for one in batch.flights]
    places: dict[Track, Track] = {}
    for lane, tracks in enumerate(lanes):
        for track in range(len(tracks.free_from)):
            place = places[lane, track] = batch.lanes[lane].pid, len(places) + 1
            yield _named("thread_name", tracks.label(track), place)
    names = {lane.pid: lane.name for lane in batch.lanes}
    for pid, name in {**names, batch.pid: "worker"}.items():
        yield _named("process_name", name, (pid, 0))
    for one, track in placed:
        waiting = {"waiting_ms": (one.started - one.submitted) / 1e6} if one.submitted else {}
        args = {"task": one.task, **waiting}
        began, took = _time(batch, one.started), (one.ended - one.started) / 1000
        task = _event("X", f"task {one.task}", began, places[one.lane, track], args)
        yield {**task, "dur": took, "cat": "task"}


def _counts(batch: Pass) -> Iterator[Event]:
    """Tasks that wait and tasks that run, whenever that changes."""
    changes = []
    for one in batch.flights:
        changes += [(one.started, 1, -bool(one.submitted), 1), (one.ended, 1, 0, -1)]
        if one.submitted:
            changes.append((one.submitted, 0, 1, 0))  # before a start in the same nanosecond
    waiting = running = 0
    for at, _, more_waiting, more_running in sorted(changes):
        waiting += more_waiting
        running += more_running
        args = {"waiting": waiting, "running": running}
        yield _event("C", "tasks", _time(batch, at), (batch.pid, 0), args)


def _beats(batch: Pass) -> Iterator[Event]:
    for number, beats in enumerate(batch.beats):
        # Beside the tasks' tracks, whose numbers begin at 1.
        place = (batch.pid, 1_000_000 + number)
        if beats:
            yield _named("thread_name", "event loop", place)
        for due, at in beats:
            when, lag = _time(batch, at), (at - due) / 1e6
            beat = _event("i", "heartbeat", when, place, {"lag_ms": lag})
            yield {**beat, "s": "t", "cat": "loop"}  # drawn on its own thread's track
            yield _event("C", "loop lag", when, (batch.pid, 0), {"ms": lag})


def _event(phase: str, name: str, at: float, place: Track, args: Mapping[str, Any]) -> Event:
    where = {"pid": place[0], "tid": place[1]}
    return {"ph": phase, "name": name, "ts": at, **where, "args": args}


def _named(what: str, name: str, place: Track) -> Event:
    return _event("M", what, 0.0, place, {"name": name})


def _time(batch: Pass, at: int) -> float:
    return (at - batch.began) / 1000
