"""Greenlets: blocking code made cooperative by patching what it calls.

The patch changes a whole process for good, so only `open` makes it: strategies are opened in worker
processes of their own, before the workload is imported.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from concbench.contracts import Batch, Call, Plain
from concbench.lanes import Lanes
from concbench.spec import missing

Share: TypeAlias = Callable[[Call], None]
"""Takes tasks with a lane's call until there are no more."""


@dataclass(frozen=True)
class Gevent:
    """`workers` greenlets in one thread, after gevent.monkey.patch_all()."""

    extra: ClassVar[str] = "gevent"

    workers: int

    def cannot_run(self) -> str | None:
        return missing(self.extra)

    def cannot_take(self, workload: Any) -> str | None:
        if hasattr(workload, "open"):
            return None
        return "it has no blocking form: greenlets share a thread, which can run one event loop"

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        from gevent import monkey

        monkey.patch_all()
        with ExitStack() as stack:
            crew = [stack.enter_context(_employ(lanes, n)) for n in range(self.workers)]
            lanes.notes.append({"code": "one-thread"})
            yield lambda tasks: _share_out(crew, tasks)


class _Greenlet:
    """A greenlet that opens a lane, takes its share of each batch, and closes the lane."""

    def __init__(self, lanes: Lanes) -> None:
        from gevent.event import AsyncResult
        from gevent.queue import SimpleQueue

        self._lanes = lanes
        self.shares: SimpleQueue[tuple[Share, AsyncResult[None]] | None] = SimpleQueue()
        self.opened: AsyncResult[None] = AsyncResult()
        self.closed: AsyncResult[None] = AsyncResult()

    def live(self) -> None:
        outcome = self.opened
        try:
            with self._lanes.greenlet() as call:
                self.opened.set(None)
                outcome = self.closed
                for share, done in iter(self.shares.get, None):
                    try:
                        done.set(share(call))
                    except BaseException as error:
                        done.set_exception(error)
            self.closed.set(None)
        except BaseException as error:
            outcome.set_exception(error)


@contextmanager
def _employ(lanes: Lanes, number: int) -> Iterator[_Greenlet]:
    greenlet = _Greenlet(lanes)
    # A thread of the patched module is a greenlet, and has a name for errors to show.
    threading.Thread(target=greenlet.live, name=f"greenlet_{number}", daemon=True).start()
    greenlet.opened.get()
    try:
        yield greenlet
    finally:
        greenlet.shares.put(None)
        greenlet.closed.wait()
    greenlet.closed.get()


def _share_out(crew: list[_Greenlet], tasks: range) -> list[Plain]:
    """The results in task order: greenlets share one iterator of the tasks."""
    from gevent.event import AsyncResult

    results: list[Plain] = [None] * len(tasks)
    numbers = enumerate(tasks)

    def share(call: Call) -> None:
        try:
            for position, i in numbers:
                results[position] = call(i)
        except BaseException:
            for _ in numbers:  # nothing is left for the others
                pass
            raise

    ends: list[AsyncResult[None]] = [AsyncResult() for _ in crew]
    for greenlet, end in zip(crew, ends, strict=True):
        greenlet.shares.put((share, end))
    for end in ends:
        end.wait()
    for end in ends:
        end.get()
    return results
