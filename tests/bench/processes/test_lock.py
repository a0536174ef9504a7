"""One run at a time on a machine, and the other is told who."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.processes.children import interpreter_command, line
from concbench.processes.lock import held
from concbench.processes.variables import environment

HOLDER = """
import sys
from pathlib import Path
from concbench.processes.lock import held
with held(Path("/some/folder")):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A place of the test's own: a run may be measuring on this machine."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "concbench"


@pytest.fixture
def holder():
    pipe = subprocess.PIPE
    command = interpreter_command(HOLDER)
    with subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, bufsize=0) as other:
        assert line(other, 60) == b"held"
        yield other
        other.kill()


def test_a_second_run_is_told_who_holds_the_machine(holder):
    said = rf"another run is measuring on this machine \(pid {holder.pid} in /some/folder since "
    with pytest.raises(UsageError, match=said), held(Path.cwd()):
        pass


def test_the_machine_is_free_again_after_a_run(holder):
    holder.stdin.close()
    assert holder.wait() == 0
    with held(Path.cwd()):
        pass


def test_a_holder_that_was_killed_holds_nothing(holder, place):
    holder.kill()
    holder.wait()
    assert json.loads((place / "holder.json").read_text())["pid"] == holder.pid
    with held(Path.cwd()):
        assert json.loads((place / "holder.json").read_text())["pid"] == os.getpid()


@pytest.mark.parametrize(
    "stale",
    [
        "",
        "[]",
        '{"pid": 1}',
        '{"pid": 1, "started": 0, "folder": "/x", "since": "12:00"}',
        '{"pid": 999999999, "started": 0, "folder": "/x", "since": "12:00"}',
    ],
)
def test_a_dead_holders_record_names_nobody(holder, place, stale):
    (place / "holder.json").write_text(stale)
    with pytest.raises(UsageError, match=r"on this machine: wait for it to end"), held(Path.cwd()):
        pass


def test_a_place_that_cannot_be_used_has_a_substitute(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("platformdirs.user_runtime_path", lambda name: tmp_path / "file" / name)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with held(Path.cwd()):
        assert (tmp_path / f"concbench-{os.getuid()}" / "run.lock").exists()


def test_without_any_place_the_way_out_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("platformdirs.user_runtime_path", lambda name: tmp_path / "file" / name)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="XDG_RUNTIME_DIR or TMPDIR"), held(Path.cwd()):
        pass
