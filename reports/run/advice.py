"""What an advice stores of itself, in run.json beside its rounds: what it saw, expected and asked.

`bench` writes it from these classes, and reports read it into them.  Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import validate
from .schema import Count, Seconds

Goal = Literal["batch", "one-shot", "cpu", "memory"]
GOALS: tuple[Goal, ...] = get_args(Goal)

SIMPLEST_FIRST = (
    *("sequential", "threading", "asyncio", "asyncio+to_thread", "multiprocessing"),
    *("interpreters", "multiprocessing+asyncio", "asyncio+processpool"),
)
"""The strategies that are advised, the simplest to write, debug and stop first: a loop; threads; an
event loop, where the work awaits; both at once; processes, to which all must pickle."""
ASYNC_ONLY = ("asyncio", "multiprocessing+asyncio")
"""Those that run the form for event loops, or block them."""
IN_PROCESSES = ("multiprocessing", "multiprocessing+asyncio", "asyncio+processpool")


@dataclass(frozen=True)
class Look:
    """What a few tasks showed of the work; seconds and bytes are those of one task.

    `seconds` (the mean, of `least` to `most`) are those of the clock, `computes` those of CPU,
    also on several CPUs at once (`cpus`); `in_loop_computes` are those in an event loop, where its
    client may be another, None where it did not run there.  `released` is the part of its computing
    during which other threads can run, None where that cannot be told; `unpicklable` says what does
    not cross to a process, and `random` how the same task gave another answer.  `again` are the
    seconds of a task that ran before.  `inputs` counts them, `at_once` is the most that it lets
    run.  It is a `function` or a dataclass that opens lanes, and may send `arguments` of its own;
    its lane `counts` something.
    """

    tasks: Count
    seconds: Seconds
    least: Seconds
    most: Seconds
    computes: Seconds
    cpus: Seconds = 1.0
    released: Seconds | None = None
    startup: Seconds = 0.0
    again: Seconds | None = None
    delayed: Seconds = 0.0
    blocking: bool = True
    awaitable: bool = False
    in_loop_computes: Seconds | None = None
    blocks_loop: bool = False
    argument_bytes: int = 0
    argument_seconds: Seconds = 0.0
    result_bytes: int = 0
    result_seconds: Seconds = 0.0
    unpicklable: str = ""
    random: str = ""
    memory_bytes: int | None = None
    inputs: int | None = None
    at_once: int | None = None
    fixture: bool = False
    function: bool = True
    arguments: bool = False
    counts: bool = False

    def computing(self, strategy: str) -> float:
        """CPU seconds under a strategy at the least; 0 where nobody knows."""
        if strategy not in ASYNC_ONLY:
            return self.computes
        own = self.in_loop_computes
        return (0.0 if self.blocking else self.computes) if own is None else own

    @property
    def waits(self) -> float:
        """Seconds that it does not compute."""
        return max(0.0, self.seconds - self.computes)

    @property
    def crossing(self) -> float:
        """Seconds to pickle what is sent to a process, and to read what comes back."""
        return self.argument_seconds + self.result_seconds


@dataclass(frozen=True)
class StrategyCost:
    """What a strategy costs with nothing to do: CPU seconds a task, and to start, of a worker too.

    `startup` and `close` are those of two workers.
    """

    per_task: Seconds
    startup: Seconds = 0.0
    per_worker: Seconds = 0.0


@dataclass(frozen=True)
class Candidate:
    """A strategy with so many workers, and the least seconds that its batch can take by the look.

    Without a `reason` it is raced; with one only where the best of the race turns out slower, or
    where it is not `usual` and doubling its workers pays.
    """

    strategy: str
    workers: Count
    seconds: Seconds
    reason: str = ""
    usual: bool = True


@dataclass(frozen=True)
class OtherPython:
    """How many times the seconds of what is advised here threads take on another Python.

    `run` is the stored run that measured it, in rounds of both.
    """

    title: str
    workers: Count
    ratio: Seconds
    low: Seconds | None
    high: Seconds | None
    run: str


@dataclass(frozen=True)
class Advice:
    """The question, and all that was seen before the race.

    `failure` says why the look found nothing, `costs_from` when and where costs were measured;
    `takes_on` are answers of `concbench behaviour` by strategy and question, `code` the program of
    the best and `code_of` what that was.
    """

    goal: Goal = "batch"
    target: str = ""
    budget_seconds: Seconds = 0.0
    max_workers: Count | None = None
    max_memory_bytes: int | None = None
    tasks: Count = 1
    cpus: Count = 1
    gil: bool = True
    look: Look | None = None
    failure: str = ""
    no_race: str = ""
    costs: dict[str, StrategyCost] = field(default_factory=dict)
    costs_from: str = ""
    candidates: tuple[Candidate, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    takes_on: dict[str, dict[str, str]] = field(default_factory=dict)
    other_python: OtherPython | None = None
    code: str = ""
    code_of: str = ""


def checked(document: Mapping[str, Any], path: Path) -> Advice:
    """The `advice` of a run.json.  Raises DamagedRun where it has another form."""
    return validate(document, Advice, path)
