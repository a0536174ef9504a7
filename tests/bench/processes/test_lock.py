"""One run at a time on a machine, and the other is told who."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from concbench.errors import UsageError
from concbench.processes import lock
from concbench.processes.children import interpreter_command, line
from concbench.processes.lock import held

HOLDER = """
import os, sys
from concbench.processes.lock import held
os.setuid(int(sys.argv[1]))
with held():
    print("held", flush=True)
    sys.stdin.read()
"""
NOBODY = 65534

ON_LINUX = sys.platform.startswith("linux")
linux = pytest.mark.skipif(not ON_LINUX, reason="only Linux has abstract sockets")
as_root = pytest.mark.skipif(os.getuid() != 0, reason="it takes root to be two users")


def holding(folder, uid=None, **variables):
    pipe = subprocess.PIPE
    command = [*interpreter_command(HOLDER), str(os.getuid() if uid is None else uid)]
    env = {**os.environ, "PYTHONPATH": "", **variables}
    process = subprocess.Popen(command, env=env, cwd=folder, stdin=pipe, stdout=pipe, bufsize=0)
    assert line(process, 60) == b"held"
    return process


@pytest.fixture
def holder(tmp_path):
    with holding(tmp_path) as other:
        yield other
        other.kill()


@linux
def test_a_second_run_is_told_who_holds_the_machine(holder, tmp_path):
    said = rf"another run is measuring on this machine \(pid {holder.pid} in {tmp_path} since "
    with pytest.raises(UsageError, match=said), held():
        pass


def test_the_machine_is_free_again_after_a_run(holder):
    holder.stdin.close()
    assert holder.wait() == 0
    with held():
        pass


def test_a_holder_that_was_killed_holds_nothing(holder):
    holder.kill()
    holder.wait()
    with held():
        pass


def test_places_for_temporary_files_do_not_matter(tmp_path):
    with holding(tmp_path, TMPDIR=str(tmp_path), XDG_RUNTIME_DIR=str(tmp_path)) as other:
        with pytest.raises(UsageError, match="wait for it to end"), held():
            pass
        other.kill()


@linux
@as_root
def test_another_user_is_one_of_this_machine_and_named(tmp_path):
    with holding("/", NOBODY) as other:
        with pytest.raises(UsageError, match=rf"\(pid {other.pid} of \w+( in /)? since"), held():
            pass
        other.kill()


class TestWithoutAbstractSockets:
    @pytest.fixture(autouse=True)
    def elsewhere(self, tmp_path, monkeypatch):
        monkeypatch.setattr(lock.sys, "platform", "other")
        monkeypatch.setattr(lock, "SHARED", tmp_path)
        self.path = tmp_path / f"{lock.NAME}{os.environ[lock.OWN_NAME]}.lock"

    def test_a_file_that_all_may_lock_and_none_may_write_is_held(self):
        with held():
            assert self.path.stat().st_mode & 0o777 == 0o444 & ~_umask()
            with pytest.raises(UsageError, match="another run is measuring"), held():
                pass
        with held():
            pass

    @pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
    def test_what_stands_in_its_place_is_named_and_not_followed(self, kind, tmp_path):
        victim = tmp_path / "victim"
        if kind == "link":
            self.path.symlink_to(victim)
        elif kind == "folder":
            self.path.mkdir()
        else:
            os.mkfifo(self.path)
        with pytest.raises(UsageError, match=str(self.path)), held():
            pass
        assert not victim.exists()


def _umask() -> int:
    before = os.umask(0)
    os.umask(before)
    return before
