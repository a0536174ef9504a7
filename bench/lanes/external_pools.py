"""Lanes in the workers of a pool or cluster that somebody else opened.

Standard library only.  Steps pickle as names and numbers, and so does what they return, whatever
the workload raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from ..contracts import Call, Plain
from ..spec import Spec
from .lane import Record, blame, crossing, in_lane, lane, opened, opening
from .pools import entered
from .report import LaneReport


@dataclass(frozen=True)
class StepResult:
    """What a step returned, or the error that it raised."""

    value: Any = None
    error: Exception | None = None


Step: TypeAlias = Callable[[], StepResult]
Everywhere: TypeAlias = Callable[[Step], Iterable[StepResult]]
"""Runs the step once in every worker, in all at the same time; their results, in any order.

The second time it has to reach the same threads: a lane is closed where it was opened.
"""


@dataclass(frozen=True)
class Remote:
    """The lane of a worker elsewhere; `apart` if that is in another process, which has a name."""

    workload: Spec
    record: Record | None
    apart: bool

    def enter(self) -> StepResult:
        return self._result(self._enter)

    def leave(self) -> StepResult:
        return self._result(_leave)

    def _enter(self) -> None:
        if self.apart and not hasattr(lane, "name"):  # who started the step may know a better one
            from multiprocessing import current_process

            lane.name = current_process().name
        if hasattr(lane, "stack"):  # of a run that was killed, in a worker that was not
            lane.stack.close()
        lane.stack, lane.reports = ExitStack(), []
        lane.stack.enter_context(opened(self.workload.build(), self.record, lane.reports))

    def _result(self, step: Callable[[], Any]) -> StepResult:
        try:
            return StepResult(step())
        except Exception as error:
            return StepResult(error=crossing(error) if self.apart else error)


def _leave() -> list[LaneReport]:
    try:
        lane.stack.close()
        return list(lane.reports)
    finally:
        vars(lane).clear()  # a worker that lives on has no lane then


@contextmanager
def in_all(everywhere: Everywhere, remote: Remote, reports: list[LaneReport]) -> Iterator[Call]:
    """A lane open in every worker, which report when they close."""

    def each(step: Step) -> list[Any]:
        results = list(everywhere(step))
        for result in results:
            if result.error:
                raise result.error
        return [result.value for result in results]

    with entered(partial(each, remote.enter), partial(each, remote.leave), reports):
        yield in_lane


@contextmanager
def alone(workload: Any, record: Record | None, reports: list[LaneReport]) -> Iterator[Call]:
    """A lane for the caller alone, where others share its thread: no `in_lane` finds it."""
    with opening(workload, record, reports) as call:

        def blamed(i: int) -> Plain:
            try:
                return call(i)
            except BaseException as error:
                blame(error, i)
                raise

        yield blamed
