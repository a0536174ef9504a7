"""Lanes of children that a pool replaces after so many tasks.

Standard library only.  Such children come and go while batches run, so they cannot meet: each opens
its lane with its first task, which gets what that raises, and closes it when it ends.  What it has
to tell then it leaves in a file: the pool's own pipes are no longer read.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import current_process
from multiprocessing.context import BaseContext
from multiprocessing.util import Finalize
from typing import Any

from ..contracts import Plain
from .inside import crossing
from .opening import Record, lane, opened
from .told import Told
from .watched import WatchedPool, watched

FIRST_OF_ALL = 100
"""Among what a child does when it ends."""


@contextmanager
def replaced(
    workers: int,
    context: BaseContext,
    build: Callable[[], Any],
    record: Record | None,
    told: list[Told],
    after: int,
) -> Iterator[WatchedPool]:
    """A pool whose children end after so many tasks; `told` is known when all have ended."""
    with tempfile.TemporaryDirectory(prefix="concbench-") as folder:
        prepared = (build, record, folder)
        said = partial(said_farewell, folder)
        with watched(workers, context, prepare_replaced, prepared, after, said) as pool:
            yield pool
        errors = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as stream:
                one, error = pickle.load(stream)
            told += one
            errors += [error] if error else []
        if errors:
            raise errors[0]


def prepare_replaced(build: Callable[[], Any], record: Record | None, folder: str) -> None:
    """The initializer of such a child."""
    lane.name = current_process().name
    lane.build, lane.record, lane.call = build, record, _first
    lane.stack, lane.told = ExitStack(), []
    Finalize(None, _farewell, (folder,), exitpriority=FIRST_OF_ALL)


def said_farewell(folder: str, pid: int) -> bool:
    """Whether a child ended as it should."""
    return os.path.exists(os.path.join(folder, str(pid)))


def _first(i: int) -> Plain:
    lane.stack.enter_context(opened(lane.build(), lane.record, lane.told))  # another lane.call
    return lane.call(i)


def _farewell(folder: str) -> None:
    error: BaseException | None = None
    try:
        lane.stack.close()
    except BaseException as raised:
        error = crossing(raised)
    path = os.path.join(folder, str(os.getpid()))
    with open(f"{path}.partial", "wb") as stream:
        pickle.dump((lane.told, error), stream)
    os.replace(f"{path}.partial", path)
