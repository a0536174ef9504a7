"""Lanes in places that somebody else made: the workers of a library's pool or of a cluster.

Standard library only.  Steps pickle as names and numbers, and so does what they return, whatever
the workload raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..contracts import Call
from ..spec import Spec
from .lane import Record, blamed, crossing, in_lane, lane, opened, opening
from .report import Told


@dataclass(frozen=True)
class Ended:
    """What a step returned, or the error that it raised."""

    value: Any = None
    error: Exception | None = None


Step: TypeAlias = Callable[[], Ended]
Everywhere: TypeAlias = Callable[[Step], Iterable[Ended]]
"""Runs the step once in every worker, in all at the same time; what they return, in any order.

The second time it has to reach the same threads: a lane is closed where it was opened.
"""


@dataclass(frozen=True)
class Remote:
    """The lane of a worker elsewhere; `apart` if that is in another process, which has a name."""

    workload: Spec
    record: Record | None
    apart: bool

    def enter(self) -> Ended:
        return self._ended(self._enter)

    def leave(self) -> Ended:
        return self._ended(_leave)

    def _enter(self) -> None:
        if self.apart and not hasattr(lane, "name"):  # who started the step may know a better one
            from multiprocessing import current_process

            lane.name = current_process().name
        if hasattr(lane, "stack"):  # of somebody who was killed, in a worker that was not
            lane.stack.close()
        lane.stack, lane.told = ExitStack(), []
        lane.stack.enter_context(opened(self.workload.build(), self.record, lane.told))

    def _ended(self, step: Callable[[], Any]) -> Ended:
        try:
            return Ended(step())
        except Exception as error:
            return Ended(error=crossing(error) if self.apart else error)


def _leave() -> list[Told]:
    try:
        lane.stack.close()
        return list(lane.told)
    finally:
        vars(lane).clear()  # a worker that lives on has no lane then


@contextmanager
def in_all(everywhere: Everywhere, remote: Remote, told: list[Told]) -> Iterator[Call]:
    """A lane open in every worker; `told` gets what they tell when they close."""
    try:
        _values(everywhere(remote.enter))
        yield in_lane
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            _values(everywhere(remote.leave))
        raise
    for one in _values(everywhere(remote.leave)):
        told += one


def _values(ended: Iterable[Ended]) -> list[Any]:
    all_ended = list(ended)
    for one in all_ended:
        if one.error:
            raise one.error
    return [one.value for one in all_ended]


@contextmanager
def alone(workload: Any, record: Record | None, told: list[Told]) -> Iterator[Call]:
    """A lane for the caller alone, where others share its thread: no `in_lane` finds it."""
    with opening(workload, record, told) as call:
        yield blamed(call)
