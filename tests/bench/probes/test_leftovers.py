"""What is left behind, in this process."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_all_start_methods

import pytest

from concbench.probes import leftovers
from concbench.probes.leftovers import complaints, held, summary
from concbench.processes.children import interpreter_command


def left(before: leftovers.Held, monkeypatch) -> list[str]:
    monkeypatch.setattr(leftovers, "SETTLING_SECONDS", 0.05)
    return leftovers.left(before)


def test_a_thread_that_stays_is_named(monkeypatch):
    before, event = held(), threading.Event()
    thread = threading.Thread(target=event.wait, name="sleeper")
    thread.start()
    try:
        assert left(before, monkeypatch) == ["1 thread: sleeper"]
    finally:
        event.set()
        thread.join()
    assert left(before, monkeypatch) == []


def test_what_ends_by_itself_is_not_left():
    before, asked = held(), threading.Event()
    thread = threading.Thread(target=asked.wait, name="leaving")
    thread.start()
    threading.Timer(0.2, asked.set).start()  # looking takes some 50 ms
    assert leftovers.left(before) == []


def test_a_child_that_stays_is_named_dead_or_alive(monkeypatch):
    before = held()
    with subprocess.Popen(["/bin/sleep", "3600"]) as child:
        assert left(before, monkeypatch) == ["1 process: sleep 3600"]
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead now, and not reaped
        assert left(before, monkeypatch) == ["1 process: a dead one that nobody waited for"]
    assert left(before, monkeypatch) == []


STARTING = """
import sys, time
from multiprocessing import get_context
from concbench.probes import leftovers
leftovers.SETTLING_SECONDS = 0.05
before = leftovers.held()
sleeping = get_context(sys.argv[1]).Process
child = sleeping(target=time.sleep, args=(3600,), name="pool-1", daemon=True)
child.start()
found = [[line for line in leftovers.left(before) if "process" in line]]
child.terminate()
child.join()
found.append([line for line in leftovers.left(before) if "process" in line])
print(found)
"""


@pytest.mark.parametrize("start", get_all_start_methods())
def test_helpers_of_multiprocessing_do_not_count_and_its_children_do(start):
    # Elsewhere: the helpers would stay with this process, and other tests look at its children.
    done = subprocess.run(
        [*interpreter_command(STARTING), start], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[['1 process: pool-1'], []]", done.stderr


def test_a_child_of_a_child_counts_too(monkeypatch):
    before = held()
    with subprocess.Popen(["/bin/sh", "-c", "sleep 3600 & wait"]) as shell:
        try:
            (line,) = left(before, monkeypatch)
            assert line.startswith("2 processes: ")
        finally:
            subprocess.run(["pkill", "-P", str(shell.pid)], check=True)


def test_files_are_told_by_what_they_are_and_not_by_their_number(monkeypatch, tmp_path):
    before = held()
    one, other = socket.socketpair()
    path = tmp_path / "log"
    with one, other, path.open("w"):
        assert left(before, monkeypatch) == [f"3 files: socket (2 times), {path}"]


def test_what_is_replaced_by_its_like_is_not_left(monkeypatch):
    with socket.socket() as first:
        before = held()
        first.close()
        with socket.socket():
            assert left(before, monkeypatch) == []


def test_a_coroutine_never_awaited_and_a_file_never_closed_are_told():
    async def fetch():
        pass

    with complaints() as told:
        for _ in range(3):
            fetch()
        open(__file__)  # noqa: SIM115, PTH123
        assert told() == [
            "3 coroutines never awaited: fetch (3 times)",
            f"1 resource never closed: file {__file__!r}",
        ]


def test_what_only_the_collector_finds_is_told():
    async def fetch():
        pass

    with complaints() as told:
        cycle = [fetch()]
        cycle.append(cycle)
        del cycle
        assert told() == ["1 coroutine never awaited: fetch"]


def test_other_warnings_are_not_told():
    with complaints() as told:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        warnings.warn("odd", RuntimeWarning, stacklevel=1)
        assert told() == []


def test_what_closes_what_it_opens_leaves_nothing(monkeypatch):
    async def nothing():
        await asyncio.sleep(0)

    def tidy():
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(abs, range(9)))
        asyncio.run(nothing())
        subprocess.run(["/bin/true"], check=True)

    tidy()
    before = held()
    with complaints() as told:
        tidy()
        assert left(before, monkeypatch) + told() == []


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ([], []),
        (["a"], ["1 thread: a"]),
        (["b", "a", "b"], ["3 threads: b (2 times), a"]),
        ([f"t{n}" for n in range(1000)], ["1000 threads: t0, t1, t2 and 997 more"]),
    ],
)
def test_a_line_names_three_and_counts_the_rest(names, line):
    assert list(summary(names, "thread", "threads")) == line
