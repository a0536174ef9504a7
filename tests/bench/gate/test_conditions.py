"""Whether times of a stored run mean the same here."""

from __future__ import annotations

import pytest

from bench.gate.baseline import SAME, differences, here
from bench.machine import identity


def changed(**more):
    """The facts of this machine as they could have been stored, but for these."""
    return {**here(), **more}


def test_the_same_machine_does_not_differ():
    assert differences(here(), here()) == []


@pytest.mark.parametrize("key", SAME)
def test_each_fact_that_changes_times_is_named_when_it_differs(key):
    (told,) = differences(changed(**{key: "something else"}), here())
    assert told.startswith(f"{SAME[key]} something else, here ")


def test_another_name_of_the_host_is_no_other_machine():
    assert differences(changed(hostname="another", executable="/x", nofile=1), here()) == []


def test_what_was_not_recorded_is_not_taken_for_the_same():
    stored = here()
    del stored["memory_bytes"]
    (told,) = differences(stored, here())
    assert told.startswith("memory not recorded, here ")


@pytest.mark.parametrize(("share", "count"), [(1.01, 0), (0.99, 0), (1.1, 1), (0.5, 1)])
def test_memory_may_differ_by_what_a_kernel_keeps(share, count):
    now = {**here(), "memory_bytes": 8_000_000_000}
    told = differences({**now, "memory_bytes": int(8e9 * share)}, now)
    assert len(told) == count
    assert all(one == f"memory {8 * share:.1f} GB, here 8.0 GB" for one in told)


def test_each_variable_that_changes_the_speed_is_named(monkeypatch):
    stored = here()
    monkeypatch.setenv("PYTHON_JIT", "1")
    assert differences(stored, here()) == ["PYTHON_JIT not set, here 1"]


def test_what_is_on_or_unknown_is_said_in_words():
    now = {**here(), "gil": True, "jit": None}
    told = differences({**now, "gil": False, "jit": True}, now)
    assert told == ["GIL off, here on", "JIT on, here not known"]


def machine(root, cpuinfo, **files):
    for path, text in {"proc/cpuinfo": cpuinfo, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return identity.virtualisation(root)


def test_a_machine_of_its_own_is_not_virtual(tmp_path):
    dmi = {"sys/class/dmi/id/sys_vendor": "Dell Inc.\n"}
    assert machine(tmp_path, "model name : x\nflags : fpu vme\n", **dmi) == "none"


def test_a_virtual_machine_says_whose_it_is(tmp_path):
    dmi = {
        "sys/class/dmi/id/sys_vendor": "Amazon EC2\n",
        "sys/class/dmi/id/product_name": "t3.large\n",
    }
    told = machine(tmp_path, "flags : fpu hypervisor\n", **dmi, **{".dockerenv": ""})
    assert told == "Amazon EC2 t3.large, docker"
    assert identity.virtualisation(tmp_path / "nothing") is None


def test_a_virtual_machine_that_tells_nothing_is_still_one(tmp_path):
    assert machine(tmp_path, "flags : fpu hypervisor\n") == "hypervisor"
