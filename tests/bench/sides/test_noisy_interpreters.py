"""What an interpreter prints as it starts is no answer of a process of ours."""

from __future__ import annotations

import sys

import pytest

from concbench.driver import run
from concbench.plan.settings import resolve
from concbench.processes.children import Children, interpreter_command, line, wait
from concbench.processes.variables import environment
from concbench.reports import read
from concbench.sides.build import sides

NOISE = 'import os, sys\nprint("good morning")\nos.write(1, b"no end of line")\n'


@pytest.fixture
def noisy(tmp_path, monkeypatch):
    """A folder whose `sitecustomize` prints in every interpreter from now on."""
    place = tmp_path / "noise"
    place.mkdir()
    (place / "sitecustomize.py").write_text(NOISE)
    monkeypatch.setenv("PYTHONPATH", str(place))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_answers_have_a_descriptor_of_their_own(noisy):
    code = "from concbench.processes.variables import answers; answers().write(b'hello\\n')"
    code = f"import sys; print('garbage', flush=True); {code}"
    with Children() as children:
        process = children.start(interpreter_command(code), env=environment(), answers=-1)
        assert line(process, 60) == b"hello"
        assert wait(process, 60) == 0


def test_a_fixture_works_with_a_sitecustomize_that_prints(noisy):
    given = {
        "workload": ["http_get"],
        "strategy": ["sequential"],
        "tasks": 2,
        "rounds": 1,
        "budget": 60,
    }
    settings = resolve({**given, "probe": ["memory", "latency"], "param": ["delay=0.001"]})
    stored = read(run(settings, [], lambda _: None))
    assert [cell.status for cell in stored.run.cells] == ["measured"]
    assert stored.probes[0].memory is not None


def test_an_interpreter_answers_in_spite_of_what_it_prints(noisy, tmp_path):
    with Children() as children:
        (side,) = sides(children, [f"python:{sys.executable}"], tmp_path / "scratch")
        assert side.python == sys.executable
