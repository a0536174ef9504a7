"""From what a worker's probe pass left to what is stored of a cell."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from array import array
from base64 import b64decode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from concbench.reports.files import make_folder, write_whole
from concbench.reports.run import probes
from concbench.reports.run.histogram import HIGHEST, Histogram

from ..errors import UsageError
from ..probes.heartbeat import INTERVAL


class Flight(NamedTuple):
    """One task on one lane; nanoseconds, `submitted` is 0 where nobody knows."""

    started: int
    ended: int
    submitted: int
    task: int
    lane: int


class Lane(NamedTuple):
    """A place where tasks ran."""

    name: str
    pid: int


@dataclass(frozen=True)
class Pass:
    """One instrumented batch of `tasks` tasks; nanoseconds of one clock for all processes.

    `pid` is the worker's, where the loops are; `flights` are in the order in which they started,
    `beats` pairs of due and come by event loop.
    """

    pid: int
    tasks: int
    began: int
    ended: int
    lanes: Sequence[Lane]
    flights: Sequence[Flight]
    beats: Sequence[Sequence[tuple[int, int]]]

    @cached_property
    def disorder(self) -> str:
        """Why these times cannot be used, or nothing."""
        if len(self.flights) < self.tasks:
            return f"{len(self.flights)} of {self.tasks} tasks were seen on a lane"
        if any(not one.submitted <= one.started <= one.ended for one in self.flights):
            return "the clocks of its processes disagree: a task ended or started before its time"
        return ""

    @cached_property
    def in_flight(self) -> tuple[float, int]:
        """Tasks in flight: the mean weighted by time, and the most.

        The mean is over the time from the first start until nothing more is waiting: the last
        start, or the first end if that comes later, as with no more tasks than workers.
        """
        first, last = self.flights[0].started, self.flights[-1].started
        until = max(last, min(one.ended for one in self.flights))
        most = _most(self.flights)
        if until == first:
            return float(most), most
        busy = sum(min(one.ended, until) - one.started for one in self.flights)
        return busy / (until - first), most


def read(result: Mapping[str, Any]) -> Pass:
    """The recorded batch of a worker's `result.json`, without what came before and after it."""
    began, ended = result["began"], result["ended"]
    submitted, flights = numbers(result["submitted"]), []
    for lane, about in enumerate(result["lanes"]):
        times = iter(numbers(about["times"]))
        for task, started, end in zip(times, times, times, strict=True):
            if began <= started <= ended:
                flights.append(Flight(started, end, submitted[task], task, lane))
    flights.sort()
    beats = [_beats(text, began, ended) for text in result["beats"]]
    lanes = [Lane(one["name"], one["pid"]) for one in result["lanes"]]
    return Pass(result["pid"], result["tasks"], began, ended, lanes, flights, beats)


def numbers(text: str) -> array[int]:
    """An array as the worker wrote it."""
    decoded = array("q")
    decoded.frombytes(b64decode(text))
    return decoded


def _beats(text: str, began: int, ended: int) -> list[tuple[int, int]]:
    pairs = iter(numbers(text))
    return [(due, at) for due, at in zip(pairs, pairs, strict=True) if began <= due <= at <= ended]


def _most(flights: Sequence[Flight]) -> int:
    ends = sorted(one.ended for one in flights)
    most = ended = 0
    for number, one in enumerate(flights, 1):
        while ends[ended] <= one.started and ended < number - 1:
            ended += 1
        most = max(most, number - ended)
    return most


def text(durations: Iterable[int]) -> str:
    """The histogram of nanoseconds."""
    histogram = Histogram()
    for duration in durations:
        histogram.add(duration)
    return histogram.text()


def corrected(durations: Iterable[int], interval: int) -> Histogram:
    """Delays of what happens once an interval (nanoseconds), with those that a long one hides.

    What freezes for 50 ms delays one beat by 50 ms and leaves out all that were due meanwhile
    (coordinated omission): they count with 48, 46, 44 ms and so on.
    """
    histogram = Histogram()
    for duration in durations:
        histogram.add(duration)
        for hidden in range(min(duration, HIGHEST) - interval, 0, -interval):
            histogram.add(hidden)
    return histogram


def percentile(ordered: Sequence[int], percent: float) -> int:
    """The least value that is not below this many percent of them (nearest rank)."""
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


SHOWN = 2000
"""Tasks of a timeline: more do not fit into a chart."""


def probed(result: Mapping[str, Any], asked: Collection[str]) -> dict[str, Any]:
    """What is stored of a cell beside its memory, from the worker's `result.json`.

    A metric that was asked for is there, or its reason is in `absent`.
    """
    recorded = read(result)
    metrics: dict[str, Any] = {"absent": {}}
    if {"latency", "trace"} & set(asked):
        metrics["timeline"] = recorded.disorder or _timeline(recorded)
    if "latency" in asked:
        metrics["latency"] = recorded.disorder or _latency(recorded)
        metrics["concurrency"] = recorded.disorder or _concurrency(recorded, result["at_once"])
    if "lag" in asked:
        metrics["lag"] = _lag(recorded, result)
    if {"latency", "lag"} & set(asked):
        metrics["left"] = result.get("left", result.get("left_unknown", "nobody looked"))
    for name in [key for key, value in metrics.items() if isinstance(value, str)]:
        metrics["absent"][name] = metrics.pop(name)
    return metrics


def _latency(recorded: Pass) -> dict[str, Any] | str:
    if not all(one.submitted for one in recorded.flights):
        return "it does not take its tasks from the batch, so waiting times are unknown"
    waiting = [one.started - one.submitted for one in recorded.flights]
    running = [one.ended - one.started for one in recorded.flights]
    quantiles = _percentiles(waiting), _percentiles(running)
    return asdict(probes.Latency(text(waiting), text(running), *quantiles))


def _percentiles(durations: list[int]) -> probes.Quantiles:
    ordered = sorted(durations)
    return probes.Quantiles(*(_seconds(percentile(ordered, n)) for n in (50, 95, 99, 100)))


def _concurrency(recorded: Pass, declared: int | None) -> dict[str, Any]:
    mean, most = recorded.in_flight
    lanes = len({one.lane for one in recorded.flights})
    return asdict(probes.Concurrency(mean, most, lanes, declared))


def _lag(recorded: Pass, result: Mapping[str, Any]) -> dict[str, Any] | str:
    if not recorded.beats:
        if result["unwatched"]:
            return f"its event loop, {result['unwatched'][0]}, cannot be watched"
        if result["loop"]:
            return "it creates its own event loop: only one from lanes.runner() is watched"
        return "it runs no event loop"
    delays = [at - due for due, at in chain.from_iterable(recorded.beats)]
    if not delays:
        return f"its event loop never ran for {1000 * INTERVAL:g} ms at a time"
    histogram, most = corrected(delays, int(INTERVAL * 1e9)), max(delays)
    levels = (min(most, histogram.percentile(percent)) for percent in (50, 99))
    p50, p99, latest = map(_seconds, (*levels, most))
    loops = sum(bool(beats) for beats in recorded.beats)
    return asdict(probes.Lag(histogram.text(), p50, p99, latest, loops, len(delays)))


def _timeline(recorded: Pass) -> dict[str, Any]:
    began, beats = recorded.began, sorted(chain.from_iterable(recorded.beats))[:SHOWN]
    timeline = probes.Timeline(
        lanes=tuple(lane.name for lane in recorded.lanes),
        tasks=tuple(_moments(one, began) for one in recorded.flights[:SHOWN]),
        beats=tuple((_seconds(at - began), _seconds(at - due)) for due, at in beats),
    )
    return vars(timeline)


def _moments(one: Flight, began: int) -> tuple[int, int, float, float, float]:
    submitted = _seconds((one.submitted or one.started) - began)
    return one.task, one.lane, submitted, _seconds(one.started - began), _seconds(one.ended - began)


def _seconds(nanoseconds: int) -> float:
    return round(nanoseconds * 1e-9, 9)


def write(folder: Path, cell: int, text: str) -> None:
    """Write `latency/CELL.csv.gz` from what the worker left: seconds since the batch began.

    `submitted` is empty where nobody knows it.  Raises UsageError when it cannot be written.
    """
    path = folder / "latency" / f"{cell}.csv.gz"
    try:
        make_folder(path.parent)
        write_whole(path, gzip.compress(_table(text).encode(), mtime=0))
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _table(text: str) -> str:
    recorded, stream = read(json.loads(text)), io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(["task", "lane", "submitted", "started", "ended"])
    for one in recorded.flights:
        moments = one.submitted, one.started, one.ended
        times = [f"{(at - recorded.began) / 1e9:.9f}" if at else "" for at in moments]
        rows.writerow([one.task, recorded.lanes[one.lane].name, *times])
    return stream.getvalue()
