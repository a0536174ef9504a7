"""What users measure, more than a hundred shapes of it: each has the right verdict or sentence."""

from __future__ import annotations

import inspect
import re
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from concbench import reports
from concbench.driver import run
from concbench.errors import UsageError
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.reports.analysis import tables
from concbench.reports.render import summary

from . import failures, peculiar, results

pytestmark = [pytest.mark.once, pytest.mark.timeout(900)]
HERE = Path(__file__).parent


def shapes(module):
    """What is expected of the functions and dataclasses of a module, by name."""
    own = vars(module).items()
    return {name: one.expects for name, one in own if isinstance(getattr(one, "expects", 0), str)}


def measured(tmp_path, module, names, **settings):
    """The tables of a run of these, by the name of the workload."""
    file = HERE / f"{module.__name__.rpartition('.')[2]}.py"
    texts = tuple(f"{file}:{name}" for name in names)
    given = {"timeout": 20.0, "seed": 1, "results": str(tmp_path), "probe": "none", **settings}
    stored = reports.read(run(resolve({"workload": texts, **given}), [], lambda event: None))
    return stored, {block.rows[0].workload: block for block in tables.blocks(stored)}


def _there(library):
    return find_spec(library) is not None


def test_whatever_a_task_returns_is_compared_across_processes(tmp_path):
    functions = [
        name
        for name, one in vars(results).items()
        if inspect.isfunction(one) and one.__module__ == results.__name__
    ]
    needed = {
        name: re.findall(r"import (\w+) as", inspect.getsource(getattr(results, name)))
        for name in functions
    }
    names = [name for name in functions if all(map(_there, needed[name]))]
    assert len(names) > 35
    strategies = ("sequential", "multiprocessing[workers=2]")
    settings = {"tasks": 3, "rounds": 1, "strategy": strategies, "fresh": True}
    stored, _ = measured(tmp_path, results, names, **settings)
    wrong = [f"{cell.name}: {cell.reason}" for cell in stored.run.cells if cell.reason]
    assert not wrong


def test_whatever_goes_wrong_is_told_as_it_went_wrong(tmp_path):
    expected = shapes(failures)
    assert len(expected) > 30
    settings = {"tasks": 4, "rounds": 1, "strategy": ("sequential", "threading[workers=2]")}
    stored, _ = measured(tmp_path, failures, expected, **settings)
    wrong = [
        f"{cell.name}: {cell.reason!r}, not {expected[cell.workload.name]!r}"
        for cell in stored.run.cells
        if expected[cell.workload.name] not in cell.reason
    ]
    assert not wrong


def _said(block, stored):
    """All that a table says of a block, as the shapes expect it."""
    (table, *_) = summary.run_tables([block], tables.USUAL)
    rows = {row.strategy: row for row in block.rows}
    return SimpleNamespace(
        notes={name: [note.text for note in row.notes] for name, row in rows.items()},
        sentence=block.conclusion.sentence,
        title=table.title,
        limits=[row.limit_seconds for row in block.rows],
        ranked=[row.rank for row in block.rows if row.rank is not None],
        left=[row.left_behind for row in block.rows if row.left_behind],
        metrics=[name for row in block.rows for name in row.metrics],
    )


def _holds(expected, said):
    """Whether a table says what is expected of it."""
    what, _, words = expected.partition(": ")
    match what:
        case "rank":
            return not said.ranked
        case "sentence" | "title":
            return words in getattr(said, what)
        case "limit":
            return any(limit is None or limit >= 0.95 * float(words) for limit in said.limits)
        case "left" | "metrics":
            return any(words in one for one in getattr(said, what))
    return any(text.startswith(words) for text in said.notes.get(what, ()))


@pytest.mark.parametrize("third", range(3))
def test_work_that_misleads_is_told_by_a_note_or_the_verdict(tmp_path, third):
    """In three runs: each has time to probe all of its cells, on a busy machine too."""
    every = shapes(peculiar)
    assert len(every) > 25
    expected = dict([*every.items()][third::3])
    strategies = ("sequential", "threading[workers=4]", "asyncio[workers=4]")
    settings = {"tasks": 8, "rounds": 2, "strategy": strategies, "probe": "latency,lag"}
    stored, blocks = measured(tmp_path, peculiar, expected, **settings)
    wrong = {
        name: (expected[name], _said(blocks[name], stored))
        for name in expected
        if not _holds(expected[name], _said(blocks[name], stored))
    }
    assert not wrong


REFUSED = {
    "def f(i):\n    yield i": "f is a generator function",
    "async def f(i):\n    yield i": "f is a generator function",
    "def f():\n    return 1": "f must take the task number first",
    "def f(*args):\n    return 1": "f must take the task number first",
    "def f(*, i=1):\n    return 1": "f must take the task number first",
    "def f(i, j):\n    return 1": "parameter 'j' must be keyword-only with a default",
    "def f(i, *, j):\n    return 1": "parameter 'j' must be keyword-only with a default",
    "def f(i, **more):\n    return 1": "parameter 'more' must be keyword-only",
    "f = 3": "is neither a function nor a dataclass but of type int",
    "class f:\n    pass": "is neither a function nor a dataclass but the class f",
    "def g(i):\n    return 1": "has no 'f'",
    "raise ValueError('not today')": "ValueError: not today",
    "import no_such_module_here": "No module named 'no_such_module_here'",
    "def f(i:": "SyntaxError",
    "inputs = []\ndef f(url):\n    return url": "has no inputs",
    "inputs = 'abc'\ndef f(url):\n    return url": "must be a list",
}


@pytest.mark.parametrize(("code", "words"), REFUSED.items(), ids=REFUSED.values())
def test_what_cannot_be_measured_is_refused_before_anything_runs(tmp_path, code, words):
    (tmp_path / "mine.py").write_text(f"{code}\n")
    with pytest.raises(UsageError, match=re.escape(words)):
        plan(resolve({"workload": (f"{tmp_path / 'mine.py'}:f",), "strategy": ("sequential",)}))
