"""What a workload and a strategy must look like: types only.

A plug-in matches by shape and imports nothing from here.  Both are frozen dataclasses whose fields
are their parameters; a field with `repr=False` is no parameter but is given by the fixture, and one
with `metadata={"implied": True}` is part of a name only where it differs from its default.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from .lanes import Lanes

Plain: TypeAlias = Any
"""A JSON value."""
Call: TypeAlias = Callable[[int], Plain]
"""Run task i, return its result."""
AsyncCall: TypeAlias = Callable[[int], Awaitable[Plain]]
"""The same, awaited."""
Batch: TypeAlias = Callable[[range], list[Plain]]
"""Run these tasks, return their results in task order.

They are like a range: a strategy takes their numbers by iterating, and hands each on as it is.
"""


class BlockingWorkload(Protocol):
    def open(self) -> AbstractContextManager[Call]:
        """Hold what one lane needs (a connection, a buffer) while the call is used."""


class AsyncWorkload(Protocol):
    def aopen(self) -> AbstractAsyncContextManager[AsyncCall]:
        """Hold what one event loop needs while the call is used."""


Workload: TypeAlias = BlockingWorkload | AsyncWorkload
"""One form is enough; class attributes `tasks` and `workers` are its default sizes (without
`workers`: as many as there are CPUs).

`extra`, also of a strategy, names the extra of the distribution that brings the library it needs.

An attribute `at_once` says how many tasks it lets run at the same time in one lane, where it keeps
others waiting (a pool of connections).  An attribute `loops` names the libraries in whose event
loops its async form runs, ("asyncio",) unless it says more: what is written against anyio says
("asyncio", "trio").  A coroutine function may have that attribute, too.
"""


class WithMetrics(Protocol):
    """A call that counts (bytes, rows, cache hits); `yield call, metrics` is the same."""

    def __call__(self, i: int) -> Plain: ...

    def metrics(self) -> Mapping[str, float]:
        """The counts of this lane since it was opened; asked once, before it is closed."""


class WorkloadOptions(Protocol):
    """What a workload may have besides, each by itself; `cannot_run` also a strategy."""

    def arguments(self, tasks: range) -> Sequence[int]:
        """What is sent to the lanes for these tasks: their numbers, as ints that carry more."""

    def fixture(self) -> AbstractContextManager[Mapping[str, Plain]]:
        """Run what a whole run shares (a server, a data file); yield fields for the workload."""

    def normal(self, result: Any) -> Any:
        """What counts of a result, where not all of it must be equal; called outside the clock."""

    def same(self, first: Any, other: Any) -> bool:
        """Whether two results of a task are the same, where `==` and `normal` cannot tell."""

    def before_batch(self) -> None:
        """Make ready for a batch, in the worker's process and untimed; `after_batch` tidies up."""

    def cannot_run(self) -> str | None:
        """Why this cannot run here ("needs Python 3.14"), or None."""


class Strategy(Protocol):
    def open(self, lanes: Lanes) -> AbstractContextManager[Batch]:
        """Hold the pool or loop and its lanes while batches are run."""


class StrategyOptions(Protocol):
    """What a strategy may have besides, each by itself."""

    def in_flight(self, tasks: int) -> int:
        """How many of a batch's tasks a strategy has in flight, where that is not `workers`."""

    def in_turn(self, workload: Workload) -> bool:
        """Whether it runs one task of this workload at a time, whatever `workers` is."""

    def cannot_take(self, workload: Workload) -> str | None:
        """Why this strategy cannot run that workload, which others can, or None."""

    def within(self, lanes: Lanes, seconds: float) -> AbstractContextManager[Batch]:
        """As `open`, but a batch raises TimeoutError after `seconds`, in this strategy's own way.

        `concbench behaviour` asks what becomes of the batch then.  Without this method
        asyncio.timeout ends a batch that runs in an event loop of lanes, and a signal any other.
        """
