"""The least time that any strategy could take for a batch, on this machine.

A task waits and computes u CPU seconds; of both the least is taken that was seen.  However it is
run, `in flight` tasks are on their way at the same time and the CPUs delivered share the computing:

    limit = max(ceil(tasks / in flight) * (wait + u), tasks * u / CPUs delivered)

What that rests on:

- Tasks are alike.
- What sequential's wall time is more than its CPU seconds, it waits; where its tasks use several
  CPUs at once that is less than nothing, and the turn is as short as a task alone.
- u is the least CPU per task of any cell with the same form and client: another client needs not
  cost the same.  It is that of the whole process tree, which a pool's children are part of, and
  children that a workload starts itself; what computes outside of it is not seen.  Of cells in one
  process its own will do; where children computed and nobody counted, a cell says nothing of u.
- In flight are its workers, or what a probe saw if that is more: some strategies start everything
  at once.  For sequential it is the most that any other cell had.
- CPUs delivered are what the canary saw in the best of the rounds that count: the least time is
  that of the machine at its best, as wait and u are.  Where rounds had much less, pools of
  processes stay below their limit by that much, and the header says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..run.samples import Process
from ..run.schema import Planned
from ..run.stored import Stored

Client = tuple[str, str]  # the form of the workload that ran, and the library it says it used


@dataclass(frozen=True)
class Costs:
    """What one task costs: seconds of waiting, and CPU seconds with each client.

    Waiting is below 0 where a task computes on several CPUs at once.
    """

    wait_seconds: float
    cpu_seconds: dict[Client, float]


def limits(stored: Stored, cells: Sequence[Planned]) -> dict[int, float]:
    """The limit in seconds of each measured cell of a block, by id.

    Empty without a reference that runs one task at a time in its own process, as sequential does:
    the waiting of a task is seen in no other.
    """
    measured = {cell.id: stored.of(cell.id) for cell in cells if cell.status == "measured"}
    timed = {cell: processes for cell, processes in measured.items() if processes}
    costs = _costs(cells, timed)
    if costs is None:
        return {}
    cpus = most(stored)
    at_once = {cell.id: _in_flight(stored, cell) for cell in cells}
    largest = max(at_once.values())
    seconds = {}
    for cell in cells:
        cpu = costs.cpu_seconds.get(_client(timed[cell.id][0])) if cell.id in timed else None
        if cpu is not None:
            # Sequential has one in flight; what it could have had is what the others had.
            in_flight = largest if cell.reference else at_once[cell.id]
            seconds[cell.id] = limit(cell.tasks, in_flight, costs.wait_seconds, cpu, cpus)
    return seconds


def limit(tasks: int, in_flight: int, wait: float, cpu: float, cpus: float) -> float:
    """Seconds for a batch of tasks that each wait and compute so many seconds."""
    return max(math.ceil(tasks / in_flight) * max(0.0, wait + cpu), tasks * cpu / cpus)


def delivered(stored: Stored) -> float:
    """The CPUs that the run had as a rule: the canary's median, at most those there are."""
    cpus = _delivered(stored)
    return median(cpus) if cpus else float(stored.run.environment.get("cpus") or 1)


def most(stored: Stored) -> float:
    """The CPUs that its best round had."""
    return max(_delivered(stored), default=delivered(stored))


def _delivered(stored: Stored) -> list[float]:
    canaries = stored.run.counted.values()
    return [min(one.delivered, one.cpus) for one in canaries if one.delivered > 0]


def _in_flight(stored: Stored, cell: Planned) -> int:
    probe = stored.probes.get(cell.id)
    most_seen = probe.concurrency.most if probe and probe.concurrency else 0
    return cell.workers if cell.reference else max(cell.workers, most_seen)


def _costs(cells: Sequence[Planned], timed: dict[int, tuple[Process, ...]]) -> Costs | None:
    reference = next((cell for cell in cells if cell.reference and cell.id in timed), None)
    if reference is None or reference.workers > 1:
        return None
    alone = timed[reference.id]
    if not all(process.in_process for process in alone):
        return None
    # The least and not the median: what a busy machine makes a task wait is no part of its limit.
    wait = min(process.seconds - (_cpu(process) or 0.0) for process in alone)
    cpu: dict[Client, float] = {}
    for cell in cells:
        spent = [seconds for one in timed.get(cell.id, ()) if (seconds := _cpu(one)) is not None]
        if spent:
            client = _client(timed[cell.id][0])
            cpu[client] = min(cpu.get(client, math.inf), median(spent) / cell.tasks)
    return Costs(wait / reference.tasks, cpu)


def _cpu(process: Process) -> float | None:
    if process.cpu_seconds is not None:
        return max(process.cpu_seconds, process.own_cpu_seconds)
    return process.own_cpu_seconds if process.in_process else None


def _client(process: Process) -> Client:
    return process.form, process.client
