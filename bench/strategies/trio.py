"""Coroutines in trio, which has a thread of its own.

`trio.run` cannot be left and entered again, and lanes stay open from one batch to the next.  Every
batch pays two changes of threads for that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.lane import Beating
from concbench.lanes.loops import threaded
from concbench.lanes.other_loops import in_group, unfit
from concbench.spec import missing

if TYPE_CHECKING:
    from concurrent.futures import Future

    import trio

T = TypeVar("T")


@dataclass(frozen=True)
class Trio:
    """`workers` tasks of a nursery in trio, that take from one iterator."""

    extra: ClassVar[str] = "trio"

    workers: int

    def cannot_run(self) -> str | None:
        return missing(self.extra)

    def cannot_take(self, workload: Any) -> str | None:
        return unfit(workload, "trio")

    def in_turn(self, workload: Any) -> bool:
        return not hasattr(workload, "aopen")

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        from trio import open_nursery

        with in_thread() as loop, lanes.awaited(loop) as call:
            yield lambda tasks: loop.run(in_group, open_nursery, call, tasks, self.workers)


class TrioThread:
    """What runs async functions in trio, from another thread."""

    name = "trio"

    def __init__(self, token: trio.lowlevel.TrioToken, nursery: trio.Nursery) -> None:
        self.token = token
        self._nursery = nursery
        self._beating: Beating | None = None

    def watch(self, beating: Beating) -> None:
        """Let this run beside everything that is run from now on."""
        self._beating = beating

    def run(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Run it there and wait for what it returns."""
        import trio

        async def watched() -> T:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._beating, trio.sleep)
                returned = await function(*args)
                nursery.cancel_scope.cancel()
            return returned

        run = partial(function, *args) if self._beating is None else watched
        returned: T = trio.from_thread.run(run, trio_token=self.token)
        return returned

    @contextmanager
    def held(self, opening: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """What it yields, entered and left by one task there."""
        import trio

        leave, left = trio.Event(), trio.Event()
        errors: list[Exception] = []

        async def hold(task_status: trio.TaskStatus[T]) -> None:
            entered = False
            try:
                async with opening as call:
                    entered = True
                    task_status.started(call)
                    await leave.wait()
            except Exception as error:
                if not entered:
                    raise  # to whoever starts it; later it would end the nursery and all the rest
                errors.append(error)
            finally:
                left.set()

        async def close() -> None:
            leave.set()
            await left.wait()

        call = self.run(self._nursery.start, hold)
        try:
            yield call
        finally:
            self.run(close)
        if errors:
            raise errors[0]


@contextmanager
def in_thread() -> Iterator[TrioThread]:
    """A trio that runs as long as this is open."""
    import trio

    leave = trio.Event()

    async def live(opened: Future[TrioThread]) -> None:
        async with trio.open_nursery() as nursery:
            opened.set_result(TrioThread(trio.lowlevel.current_trio_token(), nursery))
            await leave.wait()

    def end(thread: TrioThread) -> None:
        trio.from_thread.run_sync(leave.set, trio_token=thread.token)

    with threaded("trio", partial(trio.run, live), end) as thread:
        yield thread
