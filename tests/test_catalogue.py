"""A part of the catalogue at its default sizes: each workload, strategy and way of one, once.

The whole of it is `nox -s catalogue`.
"""

from __future__ import annotations

import sys

import pytest

from concbench.driver import dry_run
from concbench.plan.plugins import names
from concbench.plan.selection import selected
from concbench.plan.settings import resolve

PART = [
    ("threading", "http_get"),
    ("threading[pool=thread-per-task]", "tcp_echo"),
    ("multiprocessing", "cpu_sum"),
    ("multiprocessing[pool=Pool.map]", "payload"),
    ("multiprocessing[pool=Pool.imap_unordered,max_tasks_per_child=4]", "cpu_native"),
    ("asyncio", "tcp_echo[tls=true]"),
    ("asyncio[dispatch=gather]", "timers"),
    ("asyncio[dispatch=taskgroup]", "stream"),
    ("asyncio[dispatch=as_completed]", "io_sleep"),
    ("asyncio[dispatch=wait]", "mixed"),
    ("asyncio[dispatch=semaphore]", "http_get[client=httpx]"),
    ("asyncio[dispatch=queue]", "pipeline"),
    ("asyncio[eager=true]", "noop"),
    ("asyncio[debug=true]", "noop"),
    ("asyncio[loop=uvloop]", "http_get"),
    ("asyncio+blocking", "sqlite"),
    ("asyncio+processpool", "cpu_sum"),
    ("multiprocessing+asyncio", "mixed"),
    ("threading+asyncio", "mixed"),
    ("asyncio+run_in_executor", "file_io"),
    ("asyncio+threadsafe", "stream"),
    ("asyncio+to_thread", "sqlite"),
    ("asyncio+to_thread[executor=default]", "file_io"),
    ("anyio", "io_sleep"),
    ("anyio[backend=trio]", "io_sleep"),
    ("trio", "io_sleep"),
    ("gevent", "http_get"),
    ("joblib", "mixed"),
    ("joblib[backend=threading]", "cpu_numpy"),
    ("dask", "cpu_numpy"),
    ("interpreters", "cpu_sum"),
    ("asyncio+interpreters", "cpu_sum"),
]
LATER = {
    "interpreters": (3, 14),
    "asyncio+interpreters": (3, 14),
    "asyncio[eager=true]": (3, 12),
}


@pytest.mark.parametrize(
    ("strategy", "workload"),
    [pytest.param(*pair, marks=() if pair[0] in LATER else pytest.mark.once) for pair in PART],
)
def test_answers_are_those_of_sequential(strategy, workload):
    chosen = {"workload": (workload,), "strategy": ("sequential", strategy)}
    found = dry_run(resolve(chosen), lambda event: None)
    reasons = [one.reason or found.past.reason(one.id) for one in found.plan]
    needs = LATER.get(strategy, (3, 11))
    told = f"needs Python {needs[0]}.{needs[1]}" if sys.version_info < needs else ""
    assert [reason.removeprefix("eager ") for reason in reasons] == ["", told]


def test_every_strategy_and_every_workload_is_among_them():
    strategies, workloads = zip(*PART, strict=True)
    tried = {one.spec.name for one in selected("strategies", strategies)}
    assert tried | {"sequential"} == set(names("strategies"))
    assert {one.spec.name for one in selected("workloads", workloads)} == set(names("workloads"))
