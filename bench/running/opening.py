"""The lane of a thread: how it is opened, and what is called in it.

Standard library only: every worker and every child of a pool imports this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..contracts import Call
from .loops import own_loop
from .told import Recorder, Told, counted, parted

lane = threading.local()
"""This thread's lane: its `call`, in a pool how it was built and what closes it, and its `name`
where it is in a process or an interpreter of its own: what leaves it is pickled."""

Record = Callable[[], Recorder]


def name() -> str:
    """What this thread's lane is called."""
    return getattr(lane, "name", "") or threading.current_thread().name


@contextmanager
def opened(workload: Any, record: Record | None, told: list[Told]) -> Iterator[None]:
    """A lane in this thread."""
    with opening(workload, record, told) as call:
        lane.call = call
        yield


@contextmanager
def opening(workload: Any, record: Record | None, told: list[Told]) -> Iterator[Call]:
    """The call of a lane, which adds what it tells when it is closed."""
    with blocking_form(workload) as made:
        call, metrics = parted(made)
        recorder = record() if record else None
        yield recorder.blocking(call) if recorder else call
        told.append(Told(counted(metrics), recorder.seen() if recorder else None))


def blocking_form(workload: Any) -> AbstractContextManager[Any]:
    """The workload's own blocking form, or the async one in a loop per lane."""
    if hasattr(workload, "open"):
        made: AbstractContextManager[Any] = workload.open()
        return made
    return own_loop(workload)
