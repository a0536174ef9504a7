"""Dask workers: processes of this machine, or a cluster of many."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_all_start_methods
from typing import TYPE_CHECKING, Any, ClassVar

from bench.contracts import Batch, Plain
from bench.lanes import Lanes
from bench.lanes.external_pools import Everywhere, Step, StepResult
from bench.lanes.lane import in_lane, lane
from bench.spec import missing
from bench.strategies import _dask as cluster

if TYPE_CHECKING:
    from distributed import Client, Future

TIMEOUT = 10.0
"""Seconds for a cluster to answer."""
MEETING_SECONDS = 60.0
"""For the threads of one of its workers to be free."""
LOOK_SECONDS = 0.5
"""Between two checks that the workers are still there."""

_barriers: dict[str, threading.Barrier] = {}
"""Where the threads of a Dask worker meet, in that worker's process."""


@dataclass(frozen=True)
class Dask:
    """`workers` Dask workers in a cluster of this machine, or threads of those at `scheduler`.

    `scheduler` is an address like tcp://host:8786, which gets `timeout` seconds to answer; `start`
    is the way to start processes here.
    """

    extra: ClassVar[str] = "dask"

    workers: int
    scheduler: str | None = None
    timeout: float = field(default=TIMEOUT, metadata={"implied": True})
    start: str | None = None

    def __post_init__(self) -> None:
        here = get_all_start_methods()
        if self.scheduler is not None and "://" not in str(self.scheduler):
            raise ValueError(f"scheduler must be like tcp://host:8786, not {self.scheduler!r}")
        if self.scheduler is not None and self.start is not None:
            raise ValueError("scheduler and start exclude each other: its workers are started")
        if self.start is not None and self.start not in here:
            raise ValueError(f"start must be one of {', '.join(here)} here, not {self.start!r}")
        if not self.timeout > 0:
            raise ValueError(f"timeout must be above 0 seconds, not {self.timeout:g}")

    def cannot_run(self) -> str | None:
        return missing(self.extra, "distributed")

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with ExitStack() as stack:
            if self.scheduler is None:
                start = self.start or "spawn"
                client = stack.enter_context(cluster.local(self.workers, start))
                chosen = dict.fromkeys(cluster.threads(client), 1)
                only = None  # all of them, which costs the scheduler less
            else:
                start = ""
                client = stack.enter_context(cluster.connected(self.scheduler, self.timeout))
                chosen = cluster.choose(client, self.scheduler, self.workers, self.timeout)
                only = list(chosen)
                cluster.check(client, chosen)
                hosts = ", ".join(cluster.hosts(client, chosen))
                lanes.notes.append({"code": "dask-workers", "workers": len(chosen), "hosts": hosts})
            everywhere = _everywhere(client, chosen)
            stack.enter_context(lanes.elsewhere(everywhere, start, far=self.scheduler is not None))
            # Not pure: the same task of another batch is run again.
            yield lambda tasks: _gather(
                client, client.map(_task, tasks, workers=only, pure=False), set(chosen)
            )


def _task(i: int) -> Plain:
    if not hasattr(lane, "call"):
        raise LookupError("this Dask worker has no lane: it was started anew")
    return in_lane(i)


def _gather(client: Client, futures: list[Future], chosen: set[str]) -> list[Any]:
    """The results in their order; ConnectionError when one of the workers is gone.

    Its tasks would wait for ever for a worker at the same address.
    """
    import asyncio

    async def gather() -> list[Any]:
        gathering = asyncio.ensure_future(client.gather(futures, asynchronous=True))
        while not (await asyncio.wait({gathering}, timeout=LOOK_SECONDS))[0]:
            identity = await client.scheduler.identity(n_workers=-1)
            if gone := sorted(chosen - set(identity["workers"])):
                gathering.cancel()
                raise ConnectionError(f"Dask worker {gone[0]} is gone")
        return list(gathering.result())

    results: list[Any] = client.sync(gather)
    return results


def _everywhere(client: Client, chosen: dict[str, int]) -> Everywhere:
    numbers = count()

    def everywhere(step: Step) -> list[StepResult]:
        meeting = f"{client.id}-{next(numbers)}"
        steps = [
            client.submit(_step, step, n, threads, meeting, workers=[address], pure=False)
            for address, threads in chosen.items()
            for n in range(threads)
        ]
        return _gather(client, steps, set(chosen))

    return everywhere


def _step(step: Step, number: int, threads: int, meeting: str) -> StepResult:
    """Take the step in one of the worker's threads, once in each: they wait for one another."""
    from distributed import get_worker

    if not hasattr(lane, "name"):
        lane.name = get_worker().address + (f" thread {number}" if threads > 1 else "")
    try:
        return step()
    finally:
        if threads > 1:
            _barriers.setdefault(meeting, threading.Barrier(threads)).wait(MEETING_SECONDS)
            _barriers.pop(meeting, None)
