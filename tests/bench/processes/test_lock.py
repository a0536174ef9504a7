"""One run at a time on a machine, and the other is told who."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

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
BY_FILE = """
import sys
from pathlib import Path
from concbench.processes import lock
lock.SHARED, sys.platform = Path(sys.argv[2]), "other"
"""
NOBODY = 65534

ON_LINUX = sys.platform.startswith("linux")
linux = pytest.mark.skipif(not ON_LINUX, reason="only Linux has abstract sockets")
as_root = pytest.mark.skipif(os.getuid() != 0, reason="it takes root to be two users")


def holding(folder, uid=None, shared="", **variables):
    """Another process that holds the lock; with `shared` the file in that folder."""
    pipe, code = subprocess.PIPE, BY_FILE * bool(shared) + HOLDER
    user = str(os.getuid() if uid is None else uid)
    command = [*interpreter_command(code), user, str(shared)]
    env = {**os.environ, "PYTHONPATH": "", **variables}
    process = subprocess.Popen(command, env=env, cwd=folder, stdin=pipe, stdout=pipe, bufsize=0)
    assert line(process, 60) == b"held"
    return process


@pytest.fixture(scope="module")
def name_for_a_module():
    return os.environ.get(lock.OWN_NAME)


def test_no_test_waits_for_the_lock_of_the_machine_nor_does_the_fixture_of_a_module(
    name_for_a_module,
):
    assert name_for_a_module


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

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="it takes flock")
    def test_it_is_held_against_other_processes_until_the_holder_dies(self, tmp_path):
        with holding("/", shared=tmp_path) as other:
            with pytest.raises(UsageError, match="another run is measuring"), held():
                pass
            other.kill()
            other.wait()
            with held():
                pass

    @as_root
    @pytest.mark.parametrize("first", ["root", "nobody"])
    def test_every_user_locks_the_file_of_whoever_made_it(self, first, monkeypatch):
        with TemporaryDirectory(dir="/tmp") as name:
            Path(name).chmod(0o1777)  # as /tmp is: nobody opens another's file there to create it
            monkeypatch.setattr(lock, "SHARED", Path(name))
            if first == "root":
                with held():
                    pass
            with holding("/", NOBODY, name) as other:
                owner = Path(name, self.path.name).stat().st_uid
                assert owner == (0 if first == "root" else NOBODY)
                with pytest.raises(UsageError, match="another run is measuring"), held():
                    pass
                other.stdin.close()
                assert other.wait() == 0
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
