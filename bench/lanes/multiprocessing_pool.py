"""multiprocessing.Pool, which waits for ever when a child dies, watched so that it does not.

Standard library only.  A task that was lost with its child never ends, and the pool starts another
child as if nothing had happened.  So whoever waits here looks at the children now and then.

Children that the pool replaces after so many tasks come and go while batches run, so they cannot
meet at a barrier: each opens its lane with its first task, which gets what that raises, and closes
it when it ends.  It leaves its report in a file, as the pool's own pipes are no longer read then.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import islice
from multiprocessing import TimeoutError as Late
from multiprocessing.pool import AsyncResult, Pool
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any

from ..contracts import Plain
from .lane import Record, crossing, in_lane, lane, opened
from .pools import (
    ChildLanes,
    ChildRegistry,
    Step,
    ending,
    in_every_lane,
    name_child,
    prepare_child,
)

LOOK_SECONDS = 0.1
"""Between two looks at the children; what is ready does not wait for the next."""
PATIENCE_SECONDS = 2
"""For a broken pool to end: one whose child died with a lock in its hand never does."""

Expected = Callable[[int], bool]


class ExitCarrier(Exception):
    """Carries what is no Exception (SystemExit, say) out of a child, which it would end."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


def in_child(i: int) -> Plain:
    """Run task i in this child's lane."""
    try:
        return in_lane(i)
    except Exception:
        raise
    except BaseException as error:
        raise ExitCarrier(error) from None


def numbered(chunk: tuple[int, ...]) -> list[tuple[int, Plain]]:
    """The number of each task, whatever else came with it, and the result."""
    return [(int(i), in_child(i)) for i in chunk]


class WatchedPool:
    """As much of a pool as batches and lanes need; BrokenProcessPool where a child has died."""

    def __init__(self, pool: Pool, check: Callable[[], None]) -> None:
        self._pool, self._check = pool, check

    def submit(self, step: Callable[[], Any], /) -> Step:
        return _Step(self._pool.apply_async(step), self._check)

    def map(self, tasks: range, chunk: int) -> list[Plain]:
        """Results in task order, by Pool.map."""
        results: list[Plain] = _awaited(self._pool.map_async(in_child, tasks, chunk), self._check)
        return results

    def imap_unordered(self, tasks: range, chunk: int) -> list[Plain]:
        """Results in task order, by Pool.imap_unordered, which gives them as they come."""
        numbers = iter(tasks)
        chunks = iter(lambda: tuple(islice(numbers, chunk)), ())
        # Chunks of our own: with the pool's, what comes is a generator that waits without end.
        coming: Any = self._pool.imap_unordered(numbered, chunks)  # the stubs lack `next`
        results: dict[int, Plain] = {}
        while len(results) < len(tasks):
            try:
                results.update(coming.next(LOOK_SECONDS))
            except Late:
                self._check()
            except ExitCarrier as carrier:
                raise carrier.error from None
        return [results[i] for i in tasks]


class _Step:
    def __init__(self, result: AsyncResult[Any], check: Callable[[], None]) -> None:
        self.result = partial(_awaited, result, check)

    def exception(self) -> BaseException | None:
        try:
            self.result()
        except BaseException as error:
            return error
        return None


def _awaited(result: AsyncResult[Any], check: Callable[[], None]) -> Any:
    while not result.ready():
        result.wait(LOOK_SECONDS)
        if not result.ready():
            check()
    try:
        return result.get()
    except ExitCarrier as carrier:
        raise carrier.error from None


def check_children(registry: ChildRegistry, expected: Expected) -> None:
    """Raise BrokenProcessPool where a child has ended that should not have."""
    for child in list(registry.children):
        if child.exitcode is None:
            continue
        if not expected(child.pid or 0):
            raise BrokenProcessPool(f"{child.name} died ({ending(child.exitcode)})")
        registry.children.remove(child)


def lasting(children: ChildLanes) -> AbstractContextManager[WatchedPool]:
    """A pool whose children have a lane each, open as long as it is."""
    workers, context, build, record, reports = children
    barrier = context.Barrier(workers)
    pool = watched(children, prepare_child, (build, record, barrier))
    return in_every_lane(pool, workers, barrier.abort, reports)


@contextmanager
def watched(
    children: ChildLanes,
    prepare: Callable[..., None],
    prepared: tuple[Any, ...],
    replaced_after: int | None = None,
    expected: Expected = lambda pid: False,
) -> Iterator[WatchedPool]:
    """A pool of children; `expected` says of a process number whether its end is in order."""
    registry: Any = ChildRegistry(children.context)
    pool = Pool(children.workers, prepare, prepared, replaced_after, registry)
    check = partial(check_children, registry, expected)
    try:
        yield WatchedPool(pool, check)
    finally:
        try:
            check()
        except BrokenProcessPool:
            _end(pool, registry.children)
            raise
        pool.close()
        pool.join()
    if replaced_after is not None:
        check()


def _end(pool: Pool, children: list[BaseProcess]) -> None:
    ending = threading.Thread(target=pool.terminate, daemon=True)
    ending.start()
    ending.join(PATIENCE_SECONDS)
    for child in children:
        if child.exitcode is None:
            child.kill()
            child.join()


FIRST_OF_ALL = 100
"""Its priority among what a child does when it ends."""


@contextmanager
def replaced(children: ChildLanes, after: int) -> Iterator[WatchedPool]:
    """A pool whose children end after so many tasks; reports are complete when all have ended."""
    import tempfile  # which only such pools need

    with tempfile.TemporaryDirectory(prefix="concbench-") as folder:
        prepared = (children.build, children.record, folder)
        expected = partial(has_reported, folder)
        with watched(children, prepare_replaced, prepared, after, expected) as pool:
            yield pool
        errors = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as stream:
                closed, error = pickle.load(stream)
            children.reports.extend(closed)
            errors += [error] if error else []
        if errors:
            raise errors[0]


def prepare_replaced(build: Callable[[], Any], record: Record | None, folder: str) -> None:
    """The initializer of such a child."""
    name_child()
    lane.build, lane.record, lane.call = build, record, _first
    lane.stack, lane.reports = ExitStack(), []
    Finalize(None, _report, (folder,), exitpriority=FIRST_OF_ALL)


def has_reported(folder: str, pid: int) -> bool:
    """Whether a child ended as it should."""
    return os.path.exists(os.path.join(folder, str(pid)))


def _first(i: int) -> Plain:
    lane.stack.enter_context(opened(lane.build(), lane.record, lane.reports))  # another lane.call
    return lane.call(i)


def _report(folder: str) -> None:
    error: BaseException | None = None
    try:
        lane.stack.close()
    except BaseException as raised:
        error = crossing(raised)
    path = os.path.join(folder, str(os.getpid()))
    with open(f"{path}.partial", "wb") as stream:
        pickle.dump((lane.reports, error), stream)
    os.replace(f"{path}.partial", path)
