"""Dask clusters: one of this machine, or somebody's, of which some workers are chosen."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from distributed import Client

PORT = 8786
"""Of a Dask scheduler, unless its address names another."""


@contextmanager
def local(workers: int, start: str) -> Iterator[Client]:
    """Processes of this machine, which nobody else reaches."""
    import logging

    import dask
    from distributed import Client, LocalCluster

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
            host="127.0.0.1",
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
        raise ConnectionError(
            f"no Dask scheduler answers at {scheduler} within {timeout:g} s"
        ) from error
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
    while sum((there := threads(client)).values()) < workers:
        if time.monotonic() > deadline:
            raise LookupError(
                f"the workers at {scheduler} have {sum(there.values())} threads together, "
                f"not {workers}: start more of them, or ask for fewer with --workers"
            )
        time.sleep(0.05)
    chosen: dict[str, int] = {}
    for address, count in there.items():
        if sum(chosen.values()) + count <= workers:
            chosen[address] = count
    if sum(chosen.values()) != workers:
        raise LookupError(
            f"the workers at {scheduler} have {', '.join(map(str, there.values()))} threads: "
            f"{workers} are not all of some of them, choose others with --workers"
        )
    return chosen


def threads(client: Client) -> dict[str, int]:
    """How many each of the workers has, by its address."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return {address: about["nthreads"] for address, about in sorted(workers.items())}


def hosts(client: Client, addresses: Iterable[str]) -> list[str]:
    """Where these workers are."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return sorted({workers[address]["host"] for address in addresses})


def check(client: Client, addresses: Iterable[str]) -> None:
    """Raise LookupError unless they run what runs here: this Python, and concbench itself."""
    versions: Any = client.get_versions(packages=["concbench"])
    for what, of in {"Python": _python, "concbench": _concbench}.items():
        here = of(versions["client"])
        for address in addresses:
            there = of(versions["workers"][address])
            if there is None:
                raise LookupError(f"{what} is not installed at Dask worker {address}")
            if there != here:
                raise LookupError(f"Dask worker {address} runs {what} {there}, here it is {here}")


def _python(versions: Any) -> str:
    major, minor, *_ = versions["host"]["python"].split(".")
    return f"{major}.{minor}"


def _concbench(versions: Any) -> str | None:
    release: str | None = versions["packages"]["concbench"]
    return release
