"""Whatever a process starts, and however it or the driver ends, nothing is left."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
from pathlib import Path

import pytest

from concbench.processes.children import Children, interpreter_command, line, wait
from concbench.processes.variables import environment, recorded

from .processes import gone, pids, until

TELL = """
import os, subprocess, sys, time
def tell(pid):
    with open(sys.argv[1], "a") as file:
        print(pid, file=file)
"""
SLEEP = "['sleep', '600']"
LEAVES_A_CHILD = f"{TELL}\ntell(subprocess.Popen({SLEEP}).pid)"
LEAVES_A_DAEMON = f"{TELL}\ntell(subprocess.Popen({SLEEP}, start_new_session=True).pid)"
FORKS_TWICE = f"""{TELL}
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        tell(os.getpid())
        time.sleep(600)
    os._exit(0)
os.wait()
"""
HANGS = f"""{TELL}
tell(os.getpid())
tell(subprocess.Popen({SLEEP}).pid)
tell(subprocess.Popen({SLEEP}, start_new_session=True).pid)
tell(subprocess.Popen({SLEEP}, env={{}}).pid)
time.sleep(600)
"""


@pytest.fixture
def children():
    with Children() as opened:
        yield opened


def started(children, code, *arguments, **streams):
    command = [*interpreter_command(code), *map(str, arguments)]
    return children.start(command, env=environment(), **streams)


def test_an_orderly_process_leaves_nothing(children):
    process = started(children, "")
    assert wait(process, 60) == 0
    assert children.end(process) == []
    assert children.sweep() == []


def test_a_child_left_behind_is_named_and_killed(children, tmp_path):
    process = started(children, LEAVES_A_CHILD, tmp_path / "pids")
    assert wait(process, 60) == 0
    (pid,) = pids(tmp_path / "pids", 1)
    assert children.end(process) == [f"sleep 600 (pid {pid})"]
    assert until(lambda: gone(pid))


@pytest.mark.parametrize("code", [LEAVES_A_DAEMON, FORKS_TWICE])
def test_a_daemon_that_left_its_session_is_swept(children, tmp_path, code):
    process = started(children, code, tmp_path / "pids")
    assert wait(process, 60) == 0
    (pid,) = pids(tmp_path / "pids", 1)
    children.end(process)
    assert not gone(pid)
    assert [f"(pid {pid})" in name for name in children.sweep()] == [True]
    assert until(lambda: gone(pid))


def test_a_sweep_spares_those_that_still_run_and_what_they_started(children, tmp_path):
    started(children, HANGS, tmp_path / "pids")
    running = pids(tmp_path / "pids", 4)
    assert children.sweep() == []
    assert not any(map(gone, running))


def test_a_timeout_ends_the_whole_tree(children, tmp_path):
    process = started(children, HANGS, tmp_path / "pids")
    running = pids(tmp_path / "pids", 4)
    assert wait(process, 0.01) is None
    children.kill(process)
    assert process.returncode == -signal.SIGKILL
    assert until(lambda: all(map(gone, running)))


def test_killing_one_process_spares_the_others(children):
    one, other = started(children, HANGS, os.devnull), started(children, HANGS, os.devnull)
    children.kill(one)
    assert other.poll() is None


def test_the_end_of_the_run_ends_what_still_runs(tmp_path):
    with Children() as children:
        process = started(children, HANGS, tmp_path / "pids")
        running = pids(tmp_path / "pids", 4)
    assert process.returncode == -signal.SIGKILL
    assert until(lambda: all(map(gone, running)))


def test_the_end_of_the_run_ends_daemons_too(tmp_path):
    with Children() as children:
        process = started(children, LEAVES_A_DAEMON, tmp_path / "pids")
        assert wait(process, 60) == 0
        children.end(process)
    assert until(lambda: all(map(gone, pids(tmp_path / "pids", 1))))


POOL = """
import multiprocessing, sys
with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
    pool.map(abs, range(4))
    pool.close()
    pool.join()
"""


@pytest.mark.parametrize("start", multiprocessing.get_all_start_methods())
def test_the_helpers_of_a_pool_are_nothing_left_behind(children, start):
    process = started(children, POOL, start, stderr=None)
    assert wait(process, 60) == 0
    assert children.end(process) == []
    assert children.sweep() == []


ORPHANS = """
import multiprocessing, os, time
multiprocessing.get_context("forkserver").Process(target=time.sleep, args=[600]).start()
os._exit(0)
"""


def test_a_process_left_behind_by_a_forkserver_is_named_and_killed(children):
    process = started(children, ORPHANS)
    assert wait(process, 60) == 0
    assert "multiprocessing.forkserver" in " ".join(children.end(process))
    assert children.sweep() == []


SEMAPHORES = """
import multiprocessing, time
def main():
    context = multiprocessing.get_context("spawn")
    semaphore = context.Semaphore()
    pool = context.Pool(2)
    pool.map(abs, range(4))
    print(semaphore._semlock.name.strip("/"), flush=True)
    time.sleep(600)
main()
"""


def test_a_killed_spawn_pool_leaves_no_semaphore(children):
    process = started(children, SEMAPHORES, stdout=subprocess.PIPE)
    name = line(process, 60)
    assert name is not None
    semaphore = Path("/dev/shm", "sem." + name.decode())
    assert semaphore.exists()
    children.kill(process)
    assert not semaphore.exists()


DRIVER = """
import sys, time
from pathlib import Path
from concbench.processes.children import Children, environment, interpreter_command
with Children() as children:
    children.remove_if_killed(Path(sys.argv[2]))
    code = sys.argv[3]
    children.start([*interpreter_command(code), sys.argv[1]], env=environment())
    print(children._guardian.pid, flush=True)
    time.sleep(600)
"""


def driver(path, folder, **options):
    command = [*interpreter_command(DRIVER), str(path), str(folder), HANGS]
    return subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0, **options)


def ignored_by(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(text for text in status if text.startswith("SigIgn")).split()[1], 16)


@pytest.mark.parametrize("first", [None, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_driver_killed_outright_leaves_nothing(tmp_path, first):
    folder = tmp_path / "a folder\nof two lines, é"
    folder.mkdir()
    with driver(tmp_path / "pids", folder) as process:
        guardian = int(line(process, 60))
        # `HANGS` empties one environment, which only its group betrays: not to a guardian.
        running = pids(tmp_path / "pids", 4)[:3]
        assert until(lambda: ignored_by(guardian) & 1 << signal.SIGHUP - 1)
        if first is not None:
            os.kill(guardian, first)
        process.kill()
        stray = pids(tmp_path / "pids", 4)[3]
        assert until(lambda: all(map(gone, [*running, guardian])))
        os.kill(stray, signal.SIGKILL)
    assert not folder.exists()


def test_a_run_inside_a_run_is_ended_with_it(children, tmp_path):
    command = [*interpreter_command(DRIVER), str(tmp_path / "pids"), str(tmp_path / "no"), HANGS]
    process = children.start(command, env=environment(), stdout=subprocess.PIPE)
    guardian = int(line(process, 60))
    running = pids(tmp_path / "pids", 4)
    children.kill(process)
    os.kill(running.pop(), signal.SIGKILL)  # the one that hides
    assert until(lambda: all(map(gone, [*running, guardian])))


def test_a_run_goes_on_without_its_guardian(children):
    children._guardian.kill()
    children._guardian.wait()
    children.remove_if_killed(Path("nothing"))
    process = started(children, "")
    assert wait(process, 60) == 0


def test_no_child_holds_the_pipe_of_the_guardian(children):
    code = "import os; print([os.readlink(f'/proc/self/fd/{n}') for n in range(3, 99)"
    code += " if os.path.islink(f'/proc/self/fd/{n}')], flush=True)"
    assert line(started(children, code, stdout=subprocess.PIPE), 60) == b"[]"


def test_waiting_works_where_there_is_no_pidfd(children, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    assert wait(started(children, "raise SystemExit(7)"), 60) == 7
    assert wait(started(children, "import time; time.sleep(600)"), 0.01) is None


@pytest.mark.parametrize(
    ("code", "seconds", "read"),
    [
        ("print('one' * 50_000)", 60, b"one" * 50_000),
        ("print(end='half')", 60, None),
        ("import time; print('no end', end='', flush=True); time.sleep(600)", 0.5, None),
    ],
)
def test_a_line_is_read_whole_or_not_at_all(children, code, seconds, read):
    assert line(started(children, code, stdout=subprocess.PIPE), seconds) == read


def test_children_never_import_from_the_working_directory(children, tmp_path):
    (tmp_path / "bench").mkdir()
    for name in ("random.py", "bench/__init__.py"):
        (tmp_path / name).write_text("raise SystemExit(9)")
    process = started(children, "import random, concbench.processes.children", cwd=tmp_path)
    assert wait(process, 60) == 0


def test_what_disturbs_is_removed_and_what_changes_speed_is_kept_and_recorded(monkeypatch):
    for name in ("CONCBENCH_BUDGET", "PYTHONINSPECT", "COVERAGE_PROCESS_START", "PYPERF_X"):
        monkeypatch.setenv(name, "1")
    for name in ("PYTHONHASHSEED", "PYTHON_GIL", "OMP_NUM_THREADS", "LD_PRELOAD"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("SECRET", "1")
    kept = environment({"EXTRA": "2"})
    assert set(os.environ) - set(kept) >= {"CONCBENCH_BUDGET", "PYTHONINSPECT", "PYPERF_X"}
    assert "COVERAGE_PROCESS_START" not in kept
    assert kept["EXTRA"] == "2"
    assert kept["SECRET"] == "1"
    told = recorded()
    assert told.keys() >= {"PYTHONHASHSEED", "PYTHON_GIL", "OMP_NUM_THREADS", "LD_PRELOAD"}
    assert "SECRET" not in told
    assert told.items() <= kept.items()
