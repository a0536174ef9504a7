"""Event loops, and async lanes: opened and closed inside the loop that runs them."""

from __future__ import annotations

import threading
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..contracts import AsyncCall, Call, Plain
from .report import Metrics, call_and_metrics

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

T = TypeVar("T")


class Loop(Protocol):
    """What an asyncio.Runner and a loop in a thread of its own have in common."""

    def run(self, coro: Coroutine[Any, Any, T], /) -> T: ...
    def get_loop(self) -> asyncio.AbstractEventLoop: ...


class LoopThread:
    """An event loop that another thread runs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, coro: Coroutine[Any, Any, T], /) -> T:
        """Submit from blocking code and wait."""
        import asyncio

        return asyncio.run_coroutine_threadsafe(coro, self._loop).result()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop


def loop_class(loop: Loop) -> str:
    """What its event loop is called: the library and the class."""
    kind = type(loop.get_loop())
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"


@contextmanager
def in_thread(runner: AbstractContextManager[asyncio.Runner]) -> Iterator[LoopThread]:
    """An event loop that is opened, run and closed in a thread of its own."""
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    opened: Future[asyncio.AbstractEventLoop] = Future()
    leaving = threading.Event()
    with ThreadPoolExecutor(1, "loop") as pool:
        ended = pool.submit(_live, runner, opened, leaving)
        both: set[Future[Any]] = {opened, ended}
        wait(both, return_when=FIRST_COMPLETED)
        if not opened.done():
            ended.result()  # raises what opening it raised
        loop = opened.result()
        try:
            yield LoopThread(loop)
        finally:
            leaving.set()
            loop.call_soon_threadsafe(loop.stop)
            ended.result()


def _live(
    runner: AbstractContextManager[asyncio.Runner],
    opened: Future[asyncio.AbstractEventLoop],
    leaving: threading.Event,
) -> None:
    with runner as running:
        loop = running.get_loop()
        opened.set_result(loop)
        while not leaving.is_set():
            try:
                loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                continue  # of a task: its waiter gets it only if the loop goes on


@contextmanager
def own_loop(workload: Any) -> Iterator[tuple[Call, Metrics]]:
    """The async form as a blocking call with its metrics, in an event loop of this lane's own."""
    import asyncio

    async def awaited(call: AsyncCall, i: int) -> Plain:
        return await call(i)

    if _is_in_loop():  # where no other loop can run: wait for one in a thread
        with in_thread(asyncio.Runner()) as thread, held(workload, thread) as lane:
            call, metrics = call_and_metrics(lane)
            yield lambda i: thread.run(awaited(call, i)), metrics
        return
    with asyncio.Runner() as loop, held(workload, loop) as lane:
        call, metrics = call_and_metrics(lane)
        until_complete = loop.get_loop().run_until_complete
        yield lambda i: until_complete(awaited(call, i)), metrics


def _is_in_loop() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@contextmanager
def held(workload: Any, loop: Loop) -> Iterator[Any]:
    """What `aopen()` yields, entered and left by one task: anyio and asyncio.timeout insist."""
    import asyncio

    leave = asyncio.Event()

    async def hold(opened: asyncio.Future[Any]) -> None:
        async with workload.aopen() as lane:
            opened.set_result(lane)
            await leave.wait()

    async def enter() -> tuple[Any, asyncio.Task[None]]:
        opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        holder = asyncio.create_task(hold(opened))
        both: set[asyncio.Future[Any]] = {holder, opened}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            await holder  # raises what aopen() raised
        return opened.result(), holder

    async def close(holder: asyncio.Task[None]) -> None:
        leave.set()
        await holder

    lane, holder = loop.run(enter())
    try:
        yield lane
    finally:
        loop.run(close(holder))
