"""Tasks that take long: what runs them one at a time runs a sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.store.state import History

THIRD = Path(__file__).parent.parent / "third_party.py"


def cells(workload, *strategies):
    return plan(resolve({"workload": (workload,), "strategy": strategies}))


@pytest.mark.parametrize(
    ("workload", "strategy", "alone"),
    [
        (f"{THIRD}:square", "sequential", True),
        (f"{THIRD}:square", "asyncio", True),
        (f"{THIRD}:square", "asyncio[dispatch=gather]", True),
        (f"{THIRD}:square", "asyncio+threadsafe", True),
        (f"{THIRD}:square", "asyncio+blocking", True),
        (f"{THIRD}:square", "threading[workers=1]", True),
        (f"{THIRD}:square", "threading", False),
        (f"{THIRD}:square", "multiprocessing", False),
        (f"{THIRD}:square", "multiprocessing+asyncio", False),
        (f"{THIRD}:asquare", "asyncio", False),
        (f"{THIRD}:Both", "asyncio", False),
        (f"{THIRD}:Both", "asyncio+blocking", True),
    ],
)
def test_a_plan_knows_what_runs_one_task_at_a_time(workload, strategy, alone):
    (cell,) = cells(workload, strategy)
    assert cell.in_turn is alone


def test_what_runs_one_task_at_a_time_is_sampled_like_the_reference():
    planned = cells(f"{THIRD}:square", "sequential", "asyncio", "threading")
    past = History(planned, [{"event": "sampled", "block": 0, "tasks": 4}])
    assert [past.measured_tasks(one) for one in planned] == [4, 4, 64]
