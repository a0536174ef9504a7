"""The programs that are written: they run by themselves and give the same answers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from concbench.advice.program import Job, program, why_none
from concbench.errors import UsageError
from concbench.reports.run.advice import Look
from concbench.spec import Spec

WORKS = Path(__file__).with_name("works.py")
BOTH = {"blocking": True, "awaitable": True, "function": False}
AWAITS = {"blocking": False, "awaitable": True}
POOLS = ("threading", "asyncio+to_thread", "multiprocessing")
LOOPS = ("asyncio", "multiprocessing+asyncio")
NEW = [pytest.param("wait", "interpreters", {})] if sys.version_info >= (3, 14) else []


def job(name: str, strategy: str, look: dict | None = None, **params) -> Job:
    seen = Look(tasks=5, seconds=0.001, least=0.001, most=0.001, computes=0.0, **(look or {}))
    workers = {} if strategy == "sequential" else {"workers": 3, "start": "spawn", "processes": 2}
    return Job(Spec(name, f"{WORKS}:{name}", params), seen, Spec(strategy, "", workers), 7)


def ran(text: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "advice.py"
    path.write_text(text)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("name", "strategy", "look"),
    [
        *(("wait", strategy, {}) for strategy in ("sequential", *POOLS)),
        *(("awaits", strategy, AWAITS) for strategy in LOOPS),
        ("awaits", "threading", AWAITS),
        *(("Opened", strategy, BOTH) for strategy in ("sequential", *POOLS, *LOOPS)),
        ("Counted", "threading", {"function": False, "counts": True}),
        *NEW,
    ],
)
def test_a_program_runs_and_gives_the_same_answers(tmp_path, name, strategy, look):
    text = program(job(name, strategy, look), tmp_path)
    assert ran(text, tmp_path) == [str(3 * i) for i in range(7)]
    assert len(text.splitlines()) < 50


def test_parameters_are_given_and_inputs_are_read_as_they_were(tmp_path):
    text = program(job("wait", "threading", seconds=0.0), tmp_path)
    assert "wait(item, seconds=0.0)" in text
    (tmp_path / "words.txt").write_text("one\n\ntwo\nthree\n")
    made = job("takes", "threading", {"inputs": 3}, inputs=str(tmp_path / "words.txt"))
    text = program(made, tmp_path)
    assert ran(text, tmp_path) == ["ONE", "TWO", "THREE", "ONE", "TWO", "THREE", "ONE"]


@pytest.mark.parametrize("form", ["a.json", "a.jsonl", "a.csv", "a.parquet", "data/*.png"])
def test_every_form_of_inputs_has_code(tmp_path, form):
    text = program(job("takes", "sequential", {"inputs": 9}, inputs=form), tmp_path)
    ast.parse(text)
    assert "[:7]" in text


def test_work_that_no_program_can_import_is_named(tmp_path):
    with pytest.raises(UsageError, match="needs what concbench runs beside it"):
        program(job("wait", "threading", {"fixture": True}), tmp_path)
    notebook = job("wait", "threading")
    object.__setattr__(notebook, "workload", Spec("wait", "/a/wait-1.cloudpickle:wait"))
    assert "stands in no file" in why_none(notebook)
    assert "there is none for gevent" in why_none(job("wait", "gevent"))
