"""The least time that any strategy could take for a batch, on this machine.

A task waits and computes.  However it is run, `in flight` tasks wait at the same time and the CPUs
delivered share the computing: limit = max(ceil(tasks / in flight) * (wait + cpu),
tasks * cpu / CPUs).  It assumes tasks alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .facts import Planned
from .stored import Process, Stored

Client = tuple[str, str]  # the form of the workload that ran, and the library it says it used


@dataclass(frozen=True)
class Costs:
    """What one task costs: seconds of waiting, and CPU seconds with each client."""

    wait_seconds: float
    cpu_seconds: dict[Client, float]


def limits(stored: Stored, cells: Sequence[Planned]) -> dict[int, float]:
    """The limit in seconds of each measured cell of a block, by id.

    Empty without a reference that runs one task at a time in its own process, as sequential does:
    the waiting of a task is seen in no other.
    """
    measured = {cell.id: stored.of(cell.id) for cell in cells if cell.status == "measured"}
    ran = {cell: processes for cell, processes in measured.items() if processes}
    costs = _costs(cells, ran)
    if costs is None:
        return {}
    cpus = delivered(stored)
    largest = max(cell.workers for cell in cells)
    found = {}
    for cell in cells:
        cpu = costs.cpu_seconds.get(_client(ran[cell.id][0])) if cell.id in ran else None
        if cpu is not None:
            # Sequential has one in flight; what it could have had is what the others had.
            in_flight = largest if cell.reference else cell.workers
            found[cell.id] = limit(cell.tasks, in_flight, costs.wait_seconds, cpu, cpus)
    return found


def limit(tasks: int, in_flight: int, wait: float, cpu: float, cpus: float) -> float:
    """Seconds for a batch of tasks that each wait and compute so many seconds."""
    return max(math.ceil(tasks / in_flight) * (wait + cpu), tasks * cpu / cpus)


def delivered(stored: Stored) -> float:
    """The CPUs that the run really had: the canary's median, at most those there are."""
    seen = [min(one.delivered, one.cpus) for one in stored.run.canary if one.delivered > 0]
    return median(seen) if seen else float(stored.run.environment.get("cpus") or 1)


def _costs(cells: Sequence[Planned], ran: dict[int, tuple[Process, ...]]) -> Costs | None:
    reference = next((cell for cell in cells if cell.reference and cell.id in ran), None)
    if reference is None or reference.workers > 1:
        return None
    alone = ran[reference.id]
    if not all(process.in_process for process in alone):
        return None
    # The least and not the median: what a busy machine makes a task wait is no part of its limit.
    wait = min(process.seconds - process.own_cpu_seconds for process in alone)
    cpu: dict[Client, float] = {}
    for cell in cells:
        inside = [one for one in ran.get(cell.id, ()) if one.in_process]
        if inside:
            client = _client(inside[0])
            least = median(one.own_cpu_seconds for one in inside) / cell.tasks
            cpu[client] = min(cpu.get(client, math.inf), least)
    return Costs(max(0.0, wait) / reference.tasks, cpu)


def _client(process: Process) -> Client:
    return process.form, process.client
