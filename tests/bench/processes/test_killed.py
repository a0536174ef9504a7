"""A worker that is killed with processes of a library's, or of Dask's: nothing of them is left."""

from __future__ import annotations

import socket

import psutil
import pytest

from concbench.processes import strays
from concbench.processes.children import Children, interpreter_command, wait
from concbench.processes.variables import environment
from concbench.spec import missing

from .processes import until

HANGS = """
import sys
from pathlib import Path
from concbench.lanes import Lanes
from concbench.plan.plugins import find
from concbench.spec import Spec
name, file, told = sys.argv[1:]
strategy = Spec(name, find("strategies", name).target, {"workers": 2}).build()
with strategy.open(Lanes(Spec("hang", f"{file}:hang"))) as batch:
    Path(told).touch()
    batch(range(2))
"""
LEAVES = HANGS.replace("batch(range(2))", "pass")
MINE = "import time\ndef hang(i):\n    time.sleep(600)\n"


def cell(name: str, library: str):
    why = missing(name, library)
    return pytest.param(name, marks=pytest.mark.skipif(why is not None, reason=why or ""))


CELLS = [cell("dask", "distributed"), cell("joblib", "joblib")]


@pytest.fixture
def start(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "random.py").write_text("raise ImportError('in front of the real one')\n")

    def started(children: Children, code: str, name: str):
        told = tmp_path / "opened"
        command = [*interpreter_command(code), name, str(tmp_path / "mine.py"), str(told)]
        process = children.start(command, env=environment({"TMPDIR": str(tmp_path)}), cwd=tmp_path)
        assert until(lambda: told.exists() or process.poll() is not None, 60)
        assert told.exists()
        return process

    return started


@pytest.mark.parametrize("name", CELLS)
def test_killed_in_a_batch_it_leaves_no_process_and_no_socket(name, start):
    with Children() as children:
        process = start(children, HANGS, name)
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        ports = [c.laddr.port for p in tree for c in p.net_connections() if c.status == "LISTEN"]
        assert len(tree) > 2
        process.kill()  # before anything can be tidied up
        process.wait()
        children.kill(process)
        assert strays.find(children._mark, lambda number: True) == []
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in tree)
    assert not any(_answers(port) for port in ports)


@pytest.mark.parametrize("name", CELLS)
def test_closed_it_leaves_nothing_to_be_killed(name, start):
    with Children() as children:
        process = start(children, LEAVES, name)
        assert wait(process, 60) == 0
        assert children.end(process) == []


def _answers(port: int) -> bool:
    with socket.socket() as stream:
        stream.settimeout(1)
        return stream.connect_ex(("127.0.0.1", port)) == 0
