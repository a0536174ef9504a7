"""What a killed run leaves is removed: by its guardian, or by the next run where both are dead."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest

from concbench.processes import scratch, strays
from concbench.processes.children import Children, interpreter_command, line, wait
from concbench.processes.variables import environment

from .processes import gone, until

RUN = """
import time
from concbench.processes.children import Children, environment, interpreter_command
with Children() as children:
    folder = children.new_folder()
    (folder / "file").touch()
    child = children.start(interpreter_command("import time; time.sleep(600)"), env=environment())
    print(children._guardian.pid, child.pid, folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@pytest.fixture
def run():
    pipe = subprocess.PIPE
    with subprocess.Popen(interpreter_command(RUN), stdout=pipe, bufsize=0) as process:
        text = line(process, 60)
        assert text is not None
        guardian, child, folder = text.decode().split(maxsplit=2)
        yield process, psutil.Process(int(guardian)), int(child), Path(folder)
        process.kill()


def test_a_folder_is_told_of_before_it_is_there(monkeypatch, place):
    told = []
    monkeypatch.setattr(
        Children, "_tell", lambda self, message: told.append((message, [*place.iterdir()]))
    )
    with Children() as children:
        folder = children.new_folder()
        assert told == [(b"remove " + os.fsencode(folder), [])]
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_a_guardian_that_was_killed_is_missed_and_the_new_one_knows_all(tmp_path):
    with Children() as children:
        folder = children.new_folder()
        first = children._guardian
        first.kill()
        first.wait()
        child = children.start(interpreter_command(""), env=environment())
        assert wait(child, 60) == 0
        assert children._guardian.pid != first.pid
        assert children.lost_guardians == 1
        # As if the driver had died: the pipe ends without a goodbye.
        children._guardian.stdin.close()
        assert until(lambda: not folder.exists())
        children._guardian.wait()
        children._guard()


def test_the_next_run_ends_what_a_dead_run_and_its_guardian_left(run):
    process, guardian, child, folder = run
    guardian.kill()
    assert until(lambda: gone(guardian.pid))
    process.kill()
    process.wait()
    assert folder.exists()
    assert not gone(child)
    strays.end_orphans()
    assert until(lambda: gone(child))
    assert scratch.remove_abandoned() == [folder]
    assert not folder.exists()


def test_the_next_run_leaves_alone_what_belongs_to_a_living_one(run):
    _, _, child, folder = run
    strays.end_orphans()
    assert scratch.remove_abandoned() == []
    assert (folder / "file").exists()
    assert not gone(child)


def test_a_folder_that_work_has_removed_is_the_run_s_again():
    with Children() as children:
        folder = children.new_folder()
        folder.rmdir()
        children.make(folder)
        (folder / "file").touch()
        assert scratch.remove_abandoned() == []
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_a_run_claims_its_folder_while_another_looks_whether_it_is_abandoned(place):
    looking = scratch.claim(place)
    assert scratch.claim(place) is None
    done = threading.Timer(0.05, os.close, [looking])
    done.start()
    mine = scratch.claim(place, wait=True)
    assert mine is not None
    done.join()
    os.close(mine)


def test_only_folders_that_a_run_made_are_removed(place):
    for name in ("concbench-run-mine", "concbench-notes", "concbench-run-0123456789abcdef.txt"):
        (place / name).mkdir()
        (place / name / "file").touch()
    victim = place / "victim"
    victim.mkdir()
    (place / "concbench-run-0123456789abcdef").symlink_to(victim)
    young = place / "concbench-run-fedcba9876543210"
    young.mkdir()  # its run is about to claim it
    before = sorted(place.iterdir())
    assert scratch.remove_abandoned() == []
    assert sorted(place.iterdir()) == before
    os.utime(young, (time.time() - 60,) * 2)
    assert scratch.remove_abandoned() == [young]
