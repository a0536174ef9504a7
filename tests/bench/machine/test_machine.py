"""What a run records of the machine, and what it warns of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from concbench.driver import run
from concbench.driver.lab import Lab
from concbench.driver.workers import Workers
from concbench.machine import identity, process
from concbench.plan.settings import resolve
from concbench.processes.children import Children

from ..driver.test_driver import THIRD, facts, quiet


@pytest.fixture
def one_cpu():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


def test_facts_say_what_the_system_lets_a_process_have(monkeypatch):
    monkeypatch.setattr(process, "cgroup_cpus", lambda: 1.5)
    found = identity.facts()
    assert (found["cgroup_cpus"], found["nofile"]) == (1.5, process.open_files())
    assert found["jit"] in (True, False, None)


def test_facts_are_known_or_none_where_the_system_tells_nothing(monkeypatch):
    """As on Windows: no affinity, no limits, no cgroups."""
    monkeypatch.setattr(os, "process_cpu_count", os.cpu_count, raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # which the other asks by name
    monkeypatch.setattr(process, "resource", None)
    monkeypatch.setattr(process, "_lines", lambda path: Path("/no/such").read_text())
    found = identity.facts()
    assert [found[key] for key in ("affinity", "cgroup_cpus", "nofile")] == [None] * 3
    assert found["cpus"] >= 1


def test_a_canary_has_a_process_on_each_cpu_of_the_affinity(one_cpu, tmp_path):
    with Children() as children:
        found = Lab(Workers(children, tmp_path, {}, 0)).canary()
    assert found["cpus"] == 1


@pytest.mark.parametrize(("cpus", "warned"), [(0.5, True), (None, False), (1024.0, False)])
def test_a_quota_smaller_than_the_cpus_is_a_warning(tmp_path, monkeypatch, cpus, warned):
    monkeypatch.setattr(process, "cgroup_cpus", lambda: cpus)
    settings = resolve(
        {
            "workload": (f"{THIRD}:Both",),
            "strategy": ("sequential",),
            "rounds": 1,
            "results": tmp_path,
        }
    )
    warnings = facts(run(settings, [], quiet))["warnings"]
    assert any("its control group may use 0.5 of " in line for line in warnings) == warned
