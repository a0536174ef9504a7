"""Every workload under every strategy: the same answer, and nothing left behind."""

from __future__ import annotations

import gc
import json
import multiprocessing

import pytest

from concbench.plan.plugins import names
from concbench.probes import leftovers

from .cases import CASES, batches, ready

ONE_PROCESS = [
    ("sequential", {}),
    ("threading", {"workers": 3}),
    ("asyncio", {"workers": 3}),
    ("asyncio+to_thread", {"workers": 3}),
]
POOLS = [
    *(
        ("multiprocessing", {"workers": 2, "start": start})
        for start in multiprocessing.get_all_start_methods()
    ),
    ("asyncio+processpool", {"workers": 2, "start": "fork"}),
]


@pytest.fixture(scope="module")
def workloads():
    with ready(case.spec for case in CASES) as specs:
        yield specs


@pytest.mark.parametrize(("name", "params"), ONE_PROCESS + POOLS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_workload_gives_its_answer_under_every_strategy(workloads, case, name, params):
    first, second, _ = batches(workloads[case.spec.label], name, case.tasks, **params)
    assert first == case.answers
    assert second == first
    json.dumps(first)


@pytest.fixture(scope="module")
def light():
    """Garbage is looked for among what is new alone, or each look takes as long as a test."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("name", ["threading", "asyncio"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_workload_leaves_anything_behind(workloads, case, name):
    workload = workloads[case.spec.label]
    batches(workload, name, case.tasks, workers=3)  # imports and caches stay
    before = leftovers.held()
    with leftovers.complaints() as complained:
        batches(workload, name, case.tasks, workers=3)
        assert [*leftovers.left(before), *complained()] == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_two_tasks_have_the_same_answer(case):
    assert len({json.dumps(answer) for answer in case.answers}) == case.tasks


def test_every_workload_is_among_them():
    assert {case.spec.name for case in CASES} == set(names("workloads"))
