"""multiprocessing.Pool, whose children may die or be replaced."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from concbench.lanes import Lanes
from concbench.plan.plugins import find
from concbench.spec import Spec

from .test_lanes import batch_of, third

METHODS = ["Pool.map", "Pool.imap_unordered"]
BROKEN = "died (exit code "


def pool(method: str = "Pool.map", **params: object) -> tuple[str, dict[str, object]]:
    return "multiprocessing", {"workers": 2, "pool": method, **params}


def in_time(function, *given: object) -> BaseException | None:
    """What it raises; a test that waits for ever would tell nobody."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            function(*given)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "it hangs"
    return raised[0] if raised else None


@pytest.mark.parametrize("after", [None, 2])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("how", "code"), [("exit", 7), ("killed", -9)])
def test_a_child_that_dies_in_a_task_ends_the_batch(how, code, method, after):
    params = {"max_tasks_per_child": after} if after else {}
    error = in_time(batch_of, third("Misbehaving", how=how), *pool(method, **params), 8)
    assert isinstance(error, BrokenProcessPool)
    assert f"{BROKEN}{code})" in str(error)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_no_exception_comes_out_of_a_child_too(method):
    error = in_time(batch_of, third("Misbehaving", how="sys_exit"), *pool(method), 4)
    assert isinstance(error, SystemExit)
    assert str(error) == "enough"


def test_a_child_that_dies_while_it_opens_its_lane_ends_the_opening(tmp_path):
    file = tmp_path / "dying.py"
    file.write_text(
        "import os\nfrom contextlib import contextmanager\nfrom dataclasses import dataclass\n"
        "@dataclass(frozen=True)\nclass Dying:\n"
        "    @contextmanager\n    def open(self):\n        os._exit(3)\n        yield\n"
    )
    with pytest.raises(BrokenProcessPool, match="exit code 3"):
        batch_of(Spec("Dying", f"{file}:Dying"), *pool(), 4)


def test_an_idle_child_that_is_killed_with_a_lock_in_its_hand_does_not_hang_the_rest():
    lanes = Lanes(third("square"))
    with pytest.raises(BrokenProcessPool), lanes.pool(2, "fork") as watched:
        assert watched.map(range(4), 1) == [0, 1, 4, 9]
        children = list(watched._pool._pool)
        time.sleep(0.05)  # one of them now waits for tasks with the lock, the other for the lock
        for child in children:
            os.kill(child.pid, signal.SIGKILL)
        watched.map(range(4), 1)
    assert not any(child.is_alive() for child in children)


@pytest.mark.parametrize("method", METHODS)
def test_replaced_children_are_new_ones_and_all_their_lanes_are_closed(method, tmp_path):
    file = tmp_path / "who.py"
    file.write_text(
        "import os\nfrom contextlib import contextmanager\nfrom dataclasses import dataclass\n"
        "@dataclass(frozen=True)\nclass Who:\n"
        f"    place = {str(tmp_path)!r}\n"
        "    @contextmanager\n    def open(self):\n"
        "        open(f'{self.place}/open-{os.getpid()}', 'x').close()\n"
        "        yield lambda i: os.getpid()\n"
        "        os.rename(f'{self.place}/open-{os.getpid()}',\n"
        "                  f'{self.place}/closed-{os.getpid()}')\n"
    )
    lanes = Lanes(Spec("Who", f"{file}:Who"))
    how = {"workers": 2, "pool": method, "max_tasks_per_child": 2, "chunk": 2}
    with Spec("-", find("strategies", "multiprocessing").target, how).build().open(lanes) as batch:
        pids = batch(range(16))
    assert len(set(pids)) >= 4
    assert all(pids.count(pid) <= 4 for pid in pids)
    names = {path.name for path in tmp_path.iterdir() if path.suffix == ""}
    assert names == {f"closed-{pid}" for pid in pids}
    assert len(lanes.reports) >= len(names)
    assert lanes.notes == [{"code": "lanes-within-batch"}]


def test_chunk_is_how_many_tasks_go_to_a_child_at_a_time():
    seen = []
    run = lambda tasks, chunk: seen.append(chunk)  # noqa: E731
    stub = SimpleNamespace(
        pool=lambda *given: nullcontext(SimpleNamespace(map=run, imap_unordered=run))
    )
    target = find("strategies", "multiprocessing").target
    for number, method in enumerate(METHODS, 3):
        how = {"workers": 1, "pool": method, "chunk": number}
        with Spec("-", target, how).build().open(stub) as batch:
            batch(range(4))
    assert seen == [3, 4]


def test_no_thread_is_left_of_a_pool_that_was_closed():
    before = set(threading.enumerate())
    batch_of(third("square"), *pool(), 4)
    assert set(threading.enumerate()) <= before
