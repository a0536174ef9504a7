"""Fixtures are ready before anyone measures, and gone with the run or its driver."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from concbench import reports
from concbench.driver import run
from concbench.driver.fixtures import running
from concbench.errors import Exit, UsageError
from concbench.plan.settings import resolve
from concbench.processes.children import Children, interpreter_command
from concbench.reports.codes import coded
from concbench.spec import Spec

from ..processes.processes import gone, pids, until

PLUGINS = """
import os, subprocess, sys, time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

class Base:
    @contextmanager
    def open(self):
        yield lambda i: i

@dataclass(frozen=True)
class Plain(Base):
    size: int = 1

@dataclass(frozen=True)
class Serves(Base):
    path: str
    word: str = "a"
    pid: int = field(default=0, repr=False)

    @contextmanager
    def fixture(self):
        print("garbage")
        os.write(1, b"raw garbage\\n")
        subprocess.run(["echo", "a child's garbage"])
        assert sys.stdin.read() == ""
        Path(self.path).write_text(f"{os.getpid()}\\n")
        yield {"pid": os.getpid()}
        Path(self.path).write_text("left")

@dataclass(frozen=True)
class Raises(Base):
    @contextmanager
    def fixture(self):
        raise OSError("port is taken")
        yield

@dataclass(frozen=True)
class Dies(Base):
    @contextmanager
    def fixture(self):
        os._exit(3)
        yield

@dataclass(frozen=True)
class Hangs(Base):
    @contextmanager
    def fixture(self):
        time.sleep(600)
        yield

@dataclass(frozen=True)
class Gives(Base):
    what: str
    given: int = field(default=0, repr=False)

    @contextmanager
    def fixture(self):
        yield eval(self.what)

@dataclass(frozen=True)
class LeavesBadly(Base):
    how: str

    @contextmanager
    def fixture(self):
        yield {}
        exec(self.how)
"""

KILLS = """
import os, signal, time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

@dataclass(frozen=True)
class Kills:
    times: int = 1
    pid: int = field(default=0, repr=False)

    @contextmanager
    def fixture(self):
        yield {"pid": os.getpid()}

    @contextmanager
    def open(self):
        yield self.task

    def task(self, i):
        killed = Path(__file__).with_name("killed")
        done = len(killed.read_text()) if killed.exists() else 0
        if i == 0 and done < self.times:
            killed.write_text("x" * (done + 1))
            os.kill(self.pid, signal.SIGKILL)
            stat = Path(f"/proc/{self.pid}/stat")
            while stat.exists() and stat.read_text().split()[2] != "Z":
                time.sleep(0.01)
            raise ConnectionError("the server is gone")
        return i
"""


@pytest.fixture
def children():
    with Children() as opened:
        yield opened


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "plug ins.py"
    path.write_text(PLUGINS)
    return lambda name, **params: Spec(name, f"{path}:{name}", params)


def test_each_workload_gets_what_its_own_fixture_gives(children, plugin, tmp_path):
    path = str(tmp_path / "state")
    one, other = plugin("Serves", path=path), plugin("Serves", path=path, word="b")
    with running(children, [one, other, one, plugin("Plain")]) as fixtures:
        assert fixtures.given.keys() == {one.label, other.label}
        first, second = (given["pid"] for given in fixtures.given.values())
        assert first != second
        assert not gone(first)
        assert not gone(second)
        assert fixtures.dead() is None
    assert gone(first)
    assert gone(second)
    assert Path(path).read_text() == "left"
    assert fixtures.trouble == []


def test_a_fixture_is_left_in_order_after_an_error_too(children, plugin, tmp_path):
    spec = plugin("Serves", path=str(tmp_path / "state"))
    with pytest.raises(KeyboardInterrupt), running(children, [spec]):
        raise KeyboardInterrupt
    assert (tmp_path / "state").read_text() == "left"


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("Raises", {}, r"fixture of Raises ended \(exit code 1\):\n(.*\n)+.*port is taken"),
        ("Dies", {}, r"fixture of Dies ended \(exit code 3\)"),
        ("Gives", {"what": "7"}, "fixture.. of Gives must yield a mapping, not 7"),
        ("Gives", {"what": "{'given': b'raw'}"}, "must yield JSON values: .*bytes"),
        ("Gives", {"what": "{'give': 1}"}, "Gives has no parameter 'give' .*did you mean given"),
    ],
)
def test_a_fixture_that_fails_is_the_users_mistake_in_its_own_words(
    children, plugin, name, params, said
):
    starting = running(children, [plugin(name, **params)])
    with pytest.raises(UsageError, match=said) as caught, starting:
        pass
    assert caught.value.exit == Exit.FAILED
    assert children.sweep() == []


def test_a_fixture_that_hangs_is_shown_where(children, plugin):
    hangs = running(children, [plugin("Hangs")], seconds=2.0)
    with pytest.raises(UsageError, match=r"not ready in time:\n(.*\n)*.*in fixture"), hangs:
        pass
    assert children.sweep() == []


def test_a_fixture_that_dies_midway_is_named(children, plugin, tmp_path):
    spec = plugin("Serves", path=str(tmp_path / "state"))
    with running(children, [spec]) as fixtures:
        os.kill(fixtures.given[spec.label]["pid"], signal.SIGKILL)
        assert until(fixtures.dead)
        said = fixtures.dead()
    assert said is not None
    assert f"fixture of {spec.label} was killed by signal 9" in said
    assert "garbage" in said
    assert fixtures.trouble == [coded("fixture-ended", said)]


def test_a_fixture_that_died_is_started_anew_and_said(children, plugin, tmp_path):
    spec = plugin("Serves", path=str(tmp_path / "state"))
    with running(children, [spec]) as fixtures:
        first = fixtures.given[spec.label]["pid"]
        fixtures.revive()
        assert fixtures.given[spec.label]["pid"] == first
        os.kill(first, signal.SIGKILL)
        assert until(fixtures.dead)
        fixtures.revive()
        second = fixtures.given[spec.label]["pid"]
        assert second != first
        assert not gone(second)
        assert fixtures.dead() is None
        assert "killed by signal 9, and was restarted [fixture-ended]" in fixtures.trouble[0]
    assert gone(second)
    assert len(fixtures.trouble) == 1


@pytest.mark.parametrize("times", [1, 99])
def test_a_dead_fixture_costs_no_cell_unless_it_dies_again(tmp_path, monkeypatch, times):
    (tmp_path / "work.py").write_text(KILLS)
    monkeypatch.chdir(tmp_path)
    given = {"workload": ["work.py:Kills"], "strategy": ["sequential", "threading"]}
    settings = resolve({**given, "tasks": 2, "rounds": 3, "param": [f"times={times}"]})
    stored = reports.read(run(settings.model_copy(update={"probe": ("none",)}), [], lambda _: None))
    assert any("and was restarted [fixture-ended]" in line for line in stored.run.warnings)
    expected = "measured" if times == 1 else "failed"
    assert {cell.status for cell in stored.run.cells} == {expected}
    assert len({*stored.run.warnings}) == len(stored.run.warnings)
    for cell in stored.run.cells if times > 1 else ():
        assert cell.reason.split(" (")[0] == "the fixture of Kills[times=99] was killed by signal 9"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raise ValueError('late')", "ValueError: late"),
        ("time.sleep(600)", "did not end in 2 s and was killed"),
        ("subprocess.Popen(['sleep', '600'])", "left processes running: sleep 600"),
    ],
)
def test_what_goes_wrong_at_the_end_is_said(children, plugin, how, said):
    with running(children, [plugin("LeavesBadly", how=how)], seconds=2.0) as fixtures:
        pass
    assert said in "".join(fixtures.trouble)
    assert children.sweep() == []


DRIVER = """
import sys, time
from concbench.processes.children import Children
from concbench.driver.fixtures import running
from concbench.spec import Spec
serves = Spec("Serves", sys.argv[1], {"path": sys.argv[2]})
with Children() as children, running(children, [serves]):
    time.sleep(600)
"""


def test_a_fixture_is_gone_when_the_driver_was_killed(plugin, tmp_path):
    target = plugin("Serves").target
    command = [*interpreter_command(DRIVER), target, str(tmp_path / "state")]
    with subprocess.Popen(command) as driver:
        (pid,) = pids(tmp_path / "state", 1)
        driver.kill()
    assert until(lambda: gone(pid))
