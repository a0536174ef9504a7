"""What workers, and the children of their pools, say that they imported."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from concbench import imports
from concbench.driver.lab import open_lab, workshop
from concbench.driver.rounds import Measurement, Visit
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.sides import MeasuredSide

WORK = """
from multiprocessing import current_process


def work(i):
    if current_process().name != "MainProcess" or not {child_alone}:
        import late
    return i
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "late.py").write_text("")
    return tmp_path


class Listener:
    """Stands for the proof: keeps what it reads."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def read(self, side: str, folder: Path) -> None:
        for path in folder.glob(f"{imports.START}*"):
            self.names |= json.loads(path.read_text()).keys()

    def trouble(self) -> list[str]:
        return []


@pytest.mark.parametrize(
    ("strategy", "child_alone"),
    [
        ("sequential", False),
        ("threading[workers=2]", False),
        ("multiprocessing[workers=2,start=fork]", True),
        ("multiprocessing[workers=2,start=spawn]", True),
        ("asyncio+processpool[workers=2]", True),
    ],
)
def test_what_a_task_imports_is_told_wherever_it_runs(here, strategy, child_alone):
    (here / "work.py").write_text(WORK.format(child_alone=child_alone))
    settings = resolve({"workload": ["work.py:work"], "strategy": [strategy], "tasks": 4})
    cells, told = plan(settings), Listener()
    with ExitStack() as stack:
        shop = stack.enter_context(workshop())
        lab = stack.enter_context(open_lab(shop, [MeasuredSide("")], cells, 0, proof=told))
        assert isinstance(lab.measure(Visit(cells[0], 0, 0, 1, 4, 4, 60.0)), Measurement)
    assert "late" in told.names


def test_without_a_folder_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.delenv(imports.FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    imports.write()
    assert not [*tmp_path.iterdir()]


def test_files_are_those_of_modules_outside_the_standard_library(monkeypatch):
    class Lazy:
        def __getattr__(self, name):
            raise AssertionError("it must not be asked")

    monkeypatch.setitem(sys.modules, "lazy", Lazy())
    monkeypatch.setitem(sys.modules, "none", SimpleNamespace(__file__=None))
    found = imports.files()
    assert found["concbench.imports"] == imports.__file__
    assert found["pytest"] == pytest.__file__
    assert not {"json", "os", "lazy", "none"} & found.keys()


@pytest.mark.skipif(sys.version_info < (3, 15), reason="Python 3.15 has `lazy import`")
@pytest.mark.parametrize("head", ["lazy import", "import"])
def test_what_a_lazy_import_put_off_until_the_first_batch_is_noted(head, here):
    work = f"{head} late\ndef work(i):\n    late.__name__\n    return i\n"
    (here / "work.py").write_text(work)
    (cell,) = plan(resolve({"workload": ["work.py:work"], "strategy": ["sequential"], "tasks": 2}))
    with workshop() as shop, open_lab(shop, [MeasuredSide("")], [cell], 0) as lab:
        outcome = lab.measure(Visit(cell, 0, 0, 1, 2, 0, 60.0))
    assert isinstance(outcome, Measurement)
    assert ("lazy-imports" in outcome.benchmark) == (head == "lazy import")
