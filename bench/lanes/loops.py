"""Event loops, and async lanes: opened and closed inside the loop that runs them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..contracts import AsyncCall, Call, Plain
from .report import Metrics, call_and_metrics

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

T = TypeVar("T")
TASKS, CALLS = 8, 8
"""So many tasks that wait are told, those alike as one, and the innermost calls of each."""


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
    leaving = threading.Event()

    def live(opened: Future[asyncio.AbstractEventLoop]) -> None:
        with runner as running:
            loop = running.get_loop()
            opened.set_result(loop)
            while not leaving.is_set():
                try:
                    loop.run_forever()
                except (SystemExit, KeyboardInterrupt):
                    continue  # of a task: its waiter gets it only if the loop goes on

    def leave(loop: asyncio.AbstractEventLoop) -> None:
        leaving.set()
        loop.call_soon_threadsafe(loop.stop)

    with threaded("loop", live, leave) as loop:
        yield LoopThread(loop)


@contextmanager
def threaded(
    name: str, live: Callable[[Future[T]], object], leave: Callable[[T], object]
) -> Iterator[T]:
    """What `live` opens in a thread of its own and keeps open until `leave` has it return."""
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    opened: Future[T] = Future()
    with ThreadPoolExecutor(1, name) as pool:
        ended = pool.submit(live, opened)
        both: set[Future[Any]] = {opened, ended}
        wait(both, return_when=FIRST_COMPLETED)
        if not opened.done():
            ended.result()  # raises what opening it raised
        try:
            yield opened.result()
        finally:
            leave(opened.result())
            ended.result()


@contextmanager
def own_loop(workload: Any) -> Iterator[tuple[Call, Metrics]]:
    """The async form as a blocking call with its metrics, in an event loop of this lane's own."""
    import asyncio

    async def awaited(call: AsyncCall, i: int) -> Plain:
        return await call(i)

    runner = asyncio.Runner()
    apart = is_in_loop()  # where no other loop can run: wait for one in a thread
    with in_thread(runner) if apart else runner as loop, held(workload.aopen, loop) as lane:
        call, metrics = call_and_metrics(lane)
        run = loop.run if apart else loop.get_loop().run_until_complete
        yield lambda i: run(awaited(call, i)), metrics


def is_in_loop() -> bool:
    """Whether an event loop of asyncio runs in this thread."""
    asyncio = sys.modules.get("asyncio")  # a strategy that has not imported it runs none
    try:
        return bool(asyncio and asyncio.get_running_loop())
    except RuntimeError:
        return False


@contextmanager
def held(aopen: Callable[[], AbstractAsyncContextManager[T]], loop: Loop) -> Iterator[T]:
    """What `aopen()` yields, entered and left by one task: anyio and asyncio.timeout insist."""
    import asyncio

    leave = asyncio.Event()

    async def hold(opened: asyncio.Future[T]) -> None:
        async with aopen() as lane:
            opened.set_result(lane)
            await leave.wait()

    async def enter() -> tuple[T, asyncio.Task[None]]:
        opened: asyncio.Future[T] = asyncio.get_running_loop().create_future()
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


def show_waiting(title: str) -> None:
    """Write where the tasks of event loops wait to stderr, below a title, if there are any.

    A thread with a loop stands in `select` whatever its tasks await; that is in their coroutines.
    """
    import gc  # which only a process that hangs needs
    import os
    from asyncio import Task
    from collections import Counter

    # By their type: to ask an object for its class may run code of the user's.
    tasks = [one for one in gc.get_objects() if issubclass(type(one), Task) and not one.done()]
    places = Counter(filter(None, (", ".join([*_calls(one.get_coro())][-CALLS:]) for one in tasks)))
    lines = [f"  {n} task{'s' * (n > 1)}: {where}" for where, n in places.most_common(TASKS)]
    if lines:
        os.write(2, "\n".join([title, *lines, ""]).encode(errors="replace"))


def _calls(awaited: Any) -> Iterator[str]:
    """`fetch work.py:3`, from a coroutine to what it awaits, and what that awaits."""
    from pathlib import Path

    from .contexts import Within

    while awaited is not None:
        kind = next((one for one in ("cr", "gi", "ag") if hasattr(awaited, f"{one}_frame")), "")
        frame = getattr(awaited, f"{kind}_frame", None)
        if frame is None:  # a future, or it has ended
            return
        if frame.f_code is Within.__await__.__code__:  # it sends another on by hand
            awaited = frame.f_locals["inner"]
            continue
        code = frame.f_code
        yield f"{code.co_qualname} {Path(code.co_filename).name}:{frame.f_lineno}"
        awaited = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await", None)
