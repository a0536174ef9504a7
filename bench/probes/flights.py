"""What a worker's probe pass recorded, read in the driver: tasks in flight and on which lane."""

from __future__ import annotations

from array import array
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple


class Flight(NamedTuple):
    """One task on one lane; nanoseconds, `submitted` is 0 where nobody knows."""

    started: int
    ended: int
    submitted: int
    task: int
    lane: int


@dataclass(frozen=True)
class Lane:
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
    submitted = numbers(result["submitted"])
    flights = []
    for lane, told in enumerate(result["lanes"]):
        noted = iter(numbers(told["noted"]))
        for task, started, end in zip(noted, noted, noted, strict=True):
            if began <= started <= ended:
                flights.append(Flight(started, end, submitted[task], task, lane))
    flights.sort()
    beats = [_beats(text, began, ended) for text in result["beats"]]
    lanes = [Lane(one["name"], one["pid"]) for one in result["lanes"]]
    return Pass(result["pid"], result["tasks"], began, ended, lanes, flights, beats)


def numbers(text: str) -> array[int]:
    """An array as the worker wrote it."""
    found = array("q")
    found.frombytes(b64decode(text))
    return found


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
