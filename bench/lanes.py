"""Lanes: the places where tasks run.  Each opens the workload for itself and closes it there.

Standard library only, and asyncio, futures and multiprocessing only when a strategy asks for them:
a worker's start-up is measured with the imports that its strategy needs, and no others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .contracts import AsyncCall, Call, Plain
from .spec import Spec

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

_lane = threading.local()


def in_lane(i: int) -> Plain:
    """Run task i in this thread's lane: what pools map, because it pickles as a name."""
    try:
        return _lane.call(i)
    except BaseException as error:
        blame(error, i)
        if getattr(_lane, "child", False) and not _crosses(error):
            raise RuntimeError(f"{type(error).__name__} (which does not pickle): {error}") from None
        raise


def blame(error: BaseException, i: int) -> None:
    """Note on the error which task raised it, and where."""
    error.add_note(f"in task {i}, lane {_name()}")


def _name() -> str:
    if getattr(_lane, "child", False):
        from multiprocessing import current_process

        return current_process().name
    return threading.current_thread().name


class Lanes:
    """Opens lanes of one workload and says how the workload was bent to fit.

    `form` is the form that ran ("blocking" or "async"), `notes` what a reader must know,
    `in_process` whether every lane was in this process.
    """

    def __init__(self, workload: Spec) -> None:
        self._spec = workload
        self._workload = workload.build()
        self.form = ""
        self.notes: list[str] = []
        self.in_process = True

    @contextmanager
    def blocking(self) -> Iterator[Call]:
        """One lane in this thread."""
        self._bend_to_blocking()
        with ExitStack() as stack:
            _lane.call = stack.enter_context(_blocking_form(self._workload))
            yield in_lane

    @contextmanager
    def threads(self, workers: int) -> Iterator[ThreadPoolExecutor]:
        """A pool of `workers` threads, a lane in each; map `in_lane` over task numbers."""
        from concurrent.futures import ThreadPoolExecutor

        self._bend_to_blocking()
        barrier = threading.Barrier(workers)
        prepared = (lambda: self._workload, barrier)
        with (
            ThreadPoolExecutor(workers, "lane", _prepare, prepared) as pool,
            _in_every_lane(pool, workers, barrier.abort),
        ):
            yield pool

    @contextmanager
    def processes(self, workers: int, start: str) -> Iterator[ProcessPoolExecutor]:
        """A pool of `workers` child processes, a lane in each, by this start method."""
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        self._bend_to_blocking()
        self.in_process = False
        context = get_context(start)
        barrier = context.Barrier(workers)
        with (
            ProcessPoolExecutor(
                workers, context, _prepare_child, (self._spec.build, barrier)
            ) as pool,
            _in_every_lane(pool, workers, barrier.abort),
        ):
            yield pool

    @contextmanager
    def coroutines(self, loop: asyncio.Runner) -> Iterator[AsyncCall]:
        """One lane in this event loop; a workload without the form for it runs inline."""
        if hasattr(self._workload, "aopen"):
            self._take("async")
            with _held(self._workload, loop) as call:
                yield call
            return
        self.notes.append("blocks the loop")
        with self.blocking() as blocking_call:

            async def inline(i: int) -> Plain:
                return blocking_call(i)

            yield inline

    def _bend_to_blocking(self) -> None:
        if hasattr(self._workload, "open"):
            self._take("blocking")
        else:
            self._take("async")
            self.notes.append("own loop per lane")

    def _take(self, form: str) -> None:
        self.form = form
        client = getattr(self._workload, "clients", {}).get(form)
        if client:
            import_module(client)  # here and not in each lane: a forked child inherits it


def _blocking_form(workload: Any) -> AbstractContextManager[Call]:
    if hasattr(workload, "open"):
        opened: AbstractContextManager[Call] = workload.open()
        return opened
    return _own_loop(workload)


@contextmanager
def _own_loop(workload: Any) -> Iterator[Call]:
    import asyncio

    async def awaited(call: AsyncCall, i: int) -> Plain:
        return await call(i)

    with asyncio.Runner() as loop, _held(workload, loop) as call:
        until_complete = loop.get_loop().run_until_complete
        yield lambda i: until_complete(awaited(call, i))


@contextmanager
def _held(workload: Any, loop: asyncio.Runner) -> Iterator[AsyncCall]:
    """The async form, entered and left by one task: anyio and asyncio.timeout insist."""
    import asyncio

    leave = asyncio.Event()

    async def hold(opened: asyncio.Future[AsyncCall]) -> None:
        async with workload.aopen() as call:
            opened.set_result(call)
            await leave.wait()

    async def enter() -> tuple[AsyncCall, asyncio.Task[None]]:
        opened: asyncio.Future[AsyncCall] = asyncio.get_running_loop().create_future()
        holder = asyncio.create_task(hold(opened))
        both: set[asyncio.Future[Any]] = {holder, opened}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            await holder  # raises what aopen() raised
        return opened.result(), holder

    async def close(holder: asyncio.Task[None]) -> None:
        leave.set()
        await holder

    call, holder = loop.run(enter())
    try:
        yield call
    finally:
        loop.run(close(holder))


# Pools have initializers but no finalizers, and an error in an initializer loses its cause.  So
# the initializer only stores how to build; opening and closing are tasks that meet at a barrier,
# which gives each worker exactly one of them.


def _prepare(build: Callable[[], Any], barrier: Any) -> None:
    _lane.build, _lane.barrier = build, barrier


def _prepare_child(build: Callable[[], Any], barrier: Any) -> None:
    _prepare(build, barrier)
    _lane.child = True


def _enter() -> None:
    _lane.stack = ExitStack()
    try:
        _lane.call = _lane.stack.enter_context(_blocking_form(_lane.build()))
    finally:
        _lane.barrier.wait()


def _leave() -> None:
    try:
        _lane.stack.close()
    finally:
        _lane.barrier.wait()


@contextmanager
def _in_every_lane(pool: Executor, workers: int, abort: Callable[[], None]) -> Iterator[None]:
    try:
        _each(pool, _enter, workers, abort)
        yield
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            _each(pool, _leave, workers, abort)
        raise
    _each(pool, _leave, workers, abort)


def _each(
    pool: Executor, step: Callable[[], None], workers: int, abort: Callable[[], None]
) -> None:
    try:
        steps = [pool.submit(step) for _ in range(workers)]
    except BaseException:
        abort()  # a thread or process too few: those that wait would wait for ever
        raise
    errors = [error for step_ in steps if (error := step_.exception())]
    if errors:
        raise errors[0]


def _crosses(error: BaseException) -> bool:
    import pickle

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True
