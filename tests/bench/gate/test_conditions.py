"""Whether times of a stored run mean the same here, and what a virtual machine says of itself."""

from __future__ import annotations

import sys
from types import SimpleNamespace

from concbench import gate
from concbench.errors import NotComparable
from concbench.machine import identity
from concbench.processes.variables import recorded


def differences(**facts):
    environment = {**identity.facts(), "variables": recorded(), **facts}
    run = SimpleNamespace(environment=environment, sides=())
    return [gate._line(one) for one in gate.differences(SimpleNamespace(run=run))]


def test_the_same_machine_does_not_differ():
    assert differences() == []
    assert differences(hostname="another") == []


def test_what_is_otherwise_here_is_named(monkeypatch):
    before = recorded()
    monkeypatch.setenv("PYTHON_JIT", "1")
    assert differences(cpus=4000, variables=before) == [
        f"CPUs 4000, here {identity.cpus()}",
        "the variable PYTHON_JIT not set, here 1",
    ]


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


def refuses(strict, **facts):
    environment = {**identity.facts(), "variables": recorded(), **facts}
    stored = SimpleNamespace(run=SimpleNamespace(environment=environment, sides=()))
    try:
        gate._refuse("main", gate.differences(stored), strict=strict)
    except NotComparable as error:
        return str(error)
    return ""


def test_a_patch_level_refuses_only_if_strict():
    python = f"{sys.version_info.major}.{sys.version_info.minor}.99"
    patched = {"python": python, "build": "another"}
    assert refuses(False, **patched) == ""
    assert f"Python {python}, here " in refuses(True, **patched)
    assert "without --strict another patch level is only a warning" in refuses(True, **patched)
    assert "Python 2.7.1, here " in refuses(False, python="2.7.1")
    assert "Python build another, here " in refuses(False, build="another")


def test_what_an_official_image_sets_is_no_other_machine():
    image = {
        "PYTHON_VERSION": "3.12.1",
        "PYTHON_PIP_VERSION": "23.2.1",
        "PYTHON_GET_PIP_URL": "https://x",
        "PYTHON_SHA256": "ab",
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
    }
    assert refuses(True, variables={**recorded(), **image}) == ""
    assert "PYTHONMALLOC" in refuses(False, variables={**recorded(), "PYTHONMALLOC": "debug"})
