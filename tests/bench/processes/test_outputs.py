"""What a worker leaves may be empty, torn or nonsense: that costs its own cell and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from concbench.behaviour import asking
from concbench.driver import run
from concbench.driver.fixtures import running
from concbench.driver.lab import laboratory, workshop
from concbench.driver.probing import Owed
from concbench.driver.rounds import Visit
from concbench.errors import UsageError
from concbench.plan.cells import plan
from concbench.plan.settings import Settings, resolve
from concbench.processes.children import Children
from concbench.sides import MeasuredSide, build, plans
from concbench.spec import Spec

ROOT = Path(__file__).parents[2]
SPOILING = """
import os, resource, shutil, sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = next((os.path.dirname(word) for word in sys.orig_argv if word.endswith("job.json")), "")

@dataclass(frozen=True)
class Spoiling:
    how: str = "error is empty"
    text: str = ""

    @contextmanager
    def open(self):
        yield lambda i: i
        if FOLDER:
            getattr(self, self.how.replace(" ", "_"))(Path(FOLDER))

    def error_is(self, folder):
        (folder / "error.json").write_text(self.text)
        os._exit(1)

    def error_is_a_folder(self, folder):
        (folder / "error.json").mkdir()
        os._exit(1)

    def error_is_no_text(self, folder):
        (folder / "error.json").write_bytes(b"\\xff\\xfe")
        os._exit(1)

    def result_is(self, folder):
        (folder / "result.json").write_text(self.text)
        os._exit(0)

    def result_is_a_folder(self, folder):
        (folder / "result.json").mkdir()
        os._exit(0)

    def disk_is_full(self, folder):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    def all_is_removed(self, folder):
        shutil.rmtree(os.environ["TMPDIR"])  # which is never that of other processes
        os._exit(1)
"""
TORN = '{"kind": "error", "mess'


@pytest.fixture
def spoiling(tmp_path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spoiling.py").write_text(SPOILING, encoding="utf-8")
    return f"{tmp_path / 'spoiling.py'}:Spoiling"


def options(*workloads: str):
    given = {"workload": workloads, "strategy": ("sequential",), "rounds": 2, "tasks": 2}
    return resolve({**given, "seed": 1, "timeout": 20.0, "probe": "none"})


EMPTY = "cannot be read: it is empty (is a disk full?)"
SPOILED = [
    ("error is", "", f"crashed: exit code 1, and its error.json {EMPTY}"),
    ("error is", TORN, "crashed: exit code 1, and its error.json cannot be read: JSONDecodeError"),
    ("error is", "[]", "crashed: exit code 1, and its error.json cannot be read: TypeError"),
    ("error is no text", "", "crashed: exit code 1, and its error.json cannot be read: 'utf-8'"),
    ("error is a folder", "", "crashed: exit code 1, and its error.json cannot be read: Is a dir"),
    ("result is", "", f"its result {EMPTY}"),
    ("result is", TORN, "its result cannot be read: "),
    ("result is", "{}", "its result cannot be read: "),
    ("result is a folder", "", "its result cannot be read: Is a directory"),
    ("disk is full", "", f"crashed: exit code 1, and its error.json {EMPTY}"),
    ("all is removed", "", "crashed: exit code 1"),
]


@pytest.mark.parametrize(("how", "text", "reason"), SPOILED)
def test_a_file_that_cannot_be_read_costs_its_cell_alone(spoiling, tmp_path, how, text, reason):
    source = SPOILING.replace('text: str = ""', f"text: str = {text!r}")
    (tmp_path / "spoiling.py").write_text(source, encoding="utf-8")
    folder = run(
        options(f"{spoiling}[how={how}]", f"{ROOT / 'third_party.py'}:Both"), [], lambda _: None
    )
    failed, fine = json.loads((folder / "run.json").read_text())["cells"]
    assert failed["reason"].startswith(reason)
    assert (failed["status"], fine["status"]) == ("failed", "measured")


@pytest.fixture
def lab(spoiling, tmp_path):
    """A lab with a cell whose worker leaves an empty result, whatever it was asked."""
    (planned,) = plan(options(f"{spoiling}[how=result is]"))
    with laboratory((planned,)) as made:
        yield made, planned


def test_whatever_a_worker_was_asked_an_empty_result_is_its_failure(lab):
    made, planned = lab
    visit = Visit(planned, 0, 0, 1, 2, 0, 20.0)
    said = f"its result {EMPTY}"
    asked = [
        made.scout(planned, 20.0),
        made.measure(visit),
        made.record(planned, 20.0),
    ]
    assert [(one.kind, one.message) for one in asked] == [("crash", said)] * 3


def test_an_empty_result_of_a_probe_is_the_reason_of_what_is_absent(lab):
    made, planned = lab
    owed = Owed(planned, planned.cell, 2, ("latency", "memory"), "", 0.1, 0.0, "")
    found, text = made.probe(owed, 20.0)
    assert found["absent"]["latency"] == f"its result {EMPTY}"
    assert text == ""


def test_an_answer_of_behaviour_that_cannot_be_read_is_a_failure_of_its_strategy(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("concbench.driver.workers.Worker.result", lambda *_: '{"answer": ')
    planned = asking.strategies(Settings(strategy=("sequential",)))
    with workshop() as shop:
        found = asking.document(shop, planned, 20.0, lambda *_: None, ["order"])
    answer = found["strategies"][0]["answers"]["order"]
    assert answer["answer"] == "failed"
    assert answer["why"].startswith("its result cannot be read: JSONDecodeError")


def test_a_folder_that_cannot_be_made_ends_the_run_plainly(lab, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    made, planned = lab
    monkeypatch.setattr("concbench.driver.workers.mkdtemp", full)
    with pytest.raises(UsageError, match=r"cannot write .*: No space left on device"):
        made.scout(planned, 20.0)


def test_what_another_worker_left_is_never_read(lab, monkeypatch):
    """A folder that cannot be removed stays, with its result, beside that of the next worker."""
    monkeypatch.setattr("concbench.driver.workers.shutil.rmtree", lambda *_, **__: None)
    made, planned = lab
    made.scout(planned, 20.0)
    made.scout(planned, 20.0)
    folders = [*made._workers.folder.glob("worker-*")]
    assert len(folders) == 2


FIXTURE = """
import os, sys
from contextlib import contextmanager
from dataclasses import dataclass

@dataclass(frozen=True)
class Torn:
    @contextmanager
    def open(self):
        yield lambda i: i

    @contextmanager
    def fixture(self):
        yield {}
"""


@pytest.mark.parametrize("said", [b"", b'{"port": 1', b"7"])
def test_what_a_fixture_gives_that_cannot_be_read_is_named(tmp_path, monkeypatch, said):
    (tmp_path / "torn.py").write_text(FIXTURE, encoding="utf-8")
    monkeypatch.setattr("concbench.driver.fixtures.line", lambda process, seconds: said)
    spec = Spec("Torn", f"{tmp_path / 'torn.py'}:Torn")
    with (
        Children() as children,
        pytest.raises(UsageError, match="what the fixture of Torn gives cannot be read: "),
        running(children, [spec]),
    ):
        pass


@pytest.mark.parametrize("said", ["", '{"cells": [', "[]", '{"cells": [{}], "missing": []}'])
def test_a_plan_of_a_side_that_cannot_be_read_is_named(tmp_path, monkeypatch, said):
    monkeypatch.setattr(plans, "output", lambda *_, **__: said)
    side = MeasuredSide("python:3.12", own=tmp_path)
    with (
        Children() as children,
        pytest.raises(
            UsageError, match=r"python:3\.12: the answer of its planner cannot be read: "
        ),
    ):
        plans.plans(children, options("io_sleep"), [side], tmp_path)


def test_a_plug_in_that_writes_to_standard_output_is_not_in_the_way_of_a_plan(tmp_path):
    noisy = tmp_path / "noisy.py"
    noisy.write_text("import os\nos.write(1, b'raw')\nprint('said')\ndef task(i): return i\n")
    import concbench

    first = Path(concbench.__file__).parents[2]
    for name in ("first", "last"):
        (tmp_path / name).symlink_to(first, target_is_directory=True)
    side = MeasuredSide("python:here", own=tmp_path)
    with Children() as children:
        (planned,) = plans.plans(children, options(f"{noisy}:task"), [side], tmp_path).cells
    assert planned.cell.workload.name == "task"


@pytest.mark.parametrize("said", ["", "[]", "7", '{"version": [3, 12'])
def test_an_interpreter_that_answers_nonsense_is_named(monkeypatch, tmp_path, said):
    monkeypatch.setattr(build, "output", lambda *_, **__: said)
    with Children() as children, pytest.raises(UsageError, match="there is no interpreter python:"):
        build.sides(children, ["python:python3"], tmp_path)
