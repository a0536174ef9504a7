"""Dask workers: processes of this machine, or a cluster of many."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from concbench.contracts import Batch, Plain
from concbench.lanes import Lanes
from concbench.lanes.external_pools import Everywhere, Step, StepResult
from concbench.lanes.lane import in_lane, lane
from concbench.lanes.pools import check_start
from concbench.spec import missing

if TYPE_CHECKING:
    from distributed import Client, Future

PORT = 8786
"""Of a Dask scheduler, unless its address names another."""
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
        if self.scheduler is not None and "://" not in str(self.scheduler):
            raise ValueError(f"scheduler must be like tcp://host:8786, not {self.scheduler!r}")
        if self.scheduler is not None and self.start is not None:
            raise ValueError("scheduler and start exclude each other: its workers are started")
        if self.start is not None:
            check_start(self.start)
        if not self.timeout > 0:
            raise ValueError(f"timeout must be above 0 seconds, not {self.timeout:g}")

    def cannot_run(self) -> str | None:
        return missing(self.extra, "distributed", *(() if self.scheduler else ("cryptography",)))

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with ExitStack() as stack:
            if self.scheduler is None:
                start = self.start or "spawn"
                client = stack.enter_context(local(self.workers, start))
                chosen = dict.fromkeys(threads_by_address(client), 1)
                only = None  # all of them, which costs the scheduler less
            else:
                start = ""
                client = stack.enter_context(connected(self.scheduler, self.timeout))
                chosen = choose(client, self.scheduler, self.workers, self.timeout)
                only = list(chosen)
                check(client, chosen)
                known = client.scheduler_info(n_workers=-1)["workers"]
                hosts = ", ".join(sorted({known[address]["host"] for address in chosen}))
                lanes.notes.append({"code": "dask-workers", "workers": len(chosen), "hosts": hosts})
            everywhere = _everywhere(client, chosen)
            stack.enter_context(lanes.elsewhere(everywhere, start, far=self.scheduler is not None))
            # Not pure: the same task of another batch is run again.
            yield lambda tasks: _gather(
                client, client.map(_task, tasks, workers=only, pure=False), set(chosen)
            )


def _task(i: int) -> Plain:
    if not hasattr(lane, "call"):
        raise LookupError("this Dask worker has lost the workload: it was restarted")
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


@contextmanager
def local(workers: int, start: str) -> Iterator[Client]:
    """Processes of this machine, which nobody else reaches.

    A Dask port runs what anybody sends it, and any user of the machine may: TLS with a certificate
    that only this process and its workers have lets in nobody else.
    """
    import logging

    import dask
    from distributed import Client, LocalCluster
    from distributed.security import Security

    settings = {
        "distributed.scheduler.allowed-failures": 0,  # one that dies ends the batch
        "distributed.worker.multiprocessing-method": start,
    }
    nobody_else = "127.0.0.1:0"
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="tls://127.0.0.1",
            security=Security.temporary(),
            dashboard_address=nobody_else,
            worker_dashboard_address=nobody_else,
            memory_limit=0,  # no worker is paused
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def connected(scheduler: str, timeout: float) -> Iterator[Client]:
    """The scheduler of somebody else; ConnectionError unless it answers."""
    from distributed import Client

    try:
        _greet(scheduler, timeout)
        client = Client(scheduler, timeout=timeout)
    except (OSError, TimeoutError) as error:
        message = f"no Dask scheduler answers at {scheduler} within {timeout:g} s"
        raise ConnectionError(message) from error
    with client:
        yield client


def _greet(scheduler: str, timeout: float) -> None:
    """Wait for the first byte: Dask's own timeout ends with the connection, whoever accepts it."""
    address = urlsplit(scheduler)
    if address.scheme == "tcp":  # by others the scheduler does not speak first
        where = address.hostname or "", address.port or PORT
        with socket.create_connection(where, timeout) as stream:
            stream.settimeout(timeout)
            if not stream.recv(1):
                raise ConnectionResetError("it hangs up")


def choose(client: Client, scheduler: str, workers: int, timeout: float) -> dict[str, int]:
    """Dask workers that have `workers` threads together, with all threads of each."""
    deadline = time.monotonic() + timeout
    while sum((there := threads_by_address(client)).values()) < workers:
        if time.monotonic() > deadline:
            raise LookupError(
                f"the workers at {scheduler} have {sum(there.values())} threads together, "
                f"not {workers}: start more of them, or ask for fewer with --workers"
            )
        time.sleep(0.05)
    chosen: dict[str, int] = {}
    for address, more in there.items():
        if sum(chosen.values()) + more <= workers:
            chosen[address] = more
    if sum(chosen.values()) != workers:
        raise LookupError(
            f"the workers at {scheduler} have {', '.join(map(str, there.values()))} threads: "
            f"{workers} are not all of some of them, choose others with --workers"
        )
    return chosen


def threads_by_address(client: Client) -> dict[str, int]:
    """How many each of the workers has, by its address."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return {address: about["nthreads"] for address, about in sorted(workers.items())}


def check(client: Client, addresses: Iterable[str]) -> None:
    """Raise LookupError unless they run what runs here: this Python, and concbench itself."""
    versions: Any = client.get_versions(packages=["concbench"])
    for what, here in _releases(versions["client"]).items():
        for address in addresses:
            there = _releases(versions["workers"][address])[what]
            if there is None:
                raise LookupError(f"{what} is not installed at Dask worker {address}")
            if there != here:
                raise LookupError(f"Dask worker {address} runs {what} {there}, here it is {here}")


def _releases(versions: Any) -> dict[str, str | None]:
    python = ".".join(versions["host"]["python"].split(".")[:2])
    return {"Python": python, "concbench": versions["packages"]["concbench"]}
