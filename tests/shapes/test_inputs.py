"""Functions that take an input, from wherever it comes."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.inputs import read
from concbench.lanes import Lanes
from concbench.notebook import _inputs
from concbench.plan.cells import plan
from concbench.plan.digests import plugins
from concbench.plan.settings import resolve
from concbench.spec import Spec

WORK = """
{beside}

def fetch(url, *, times=1):
    return [url] * times

async def afetch(url):
    return url

def numbered(i):
    return i

def own(i, *, inputs="mine"):
    return [i, inputs]
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(beside=""):
        (tmp_path / "mine.py").write_text(WORK.format(beside=beside))
        return str(tmp_path / "mine.py")

    return write


def results(target, count, **params):
    """What the first tasks give in a lane of this thread or, where it is async, in a loop."""
    workload = Spec("f", target, params).build()
    if hasattr(workload, "aopen"):

        async def batch():
            async with workload.aopen() as call:
                return [await call(i) for i in range(count)]

        return asyncio.run(batch())
    with workload.open() as call:
        return [call(i) for i in range(count)]


@pytest.mark.parametrize(
    ("name", "content", "items"),
    [
        ("urls.txt", "a\n\nb\n", ["a", "b"]),
        ("urls", "a", ["a"]),
        ("list.json", '[{"a": 1}, 2]', [{"a": 1}, 2]),
        ("lines.jsonl", '{"a": 1}\n[2]\n', [{"a": 1}, [2]]),
        ("table.csv", "x,y\n1,2\n3,4\n", [{"x": "1", "y": "2"}, {"x": "3", "y": "4"}]),
    ],
)
def test_a_file_gives_what_its_format_says(work, tmp_path, name, content, items):
    (tmp_path / name).write_text(content)
    target = f"{work()}:fetch"
    assert results(target, len(items), inputs=name) == [[one] for one in items]
    assert results(f"{work()}:afetch", len(items), inputs=name) == items


def test_a_table_of_parquet_gives_its_rows(work, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pandas.DataFrame({"x": [1, 2]}).to_parquet(tmp_path / "table.parquet")
    assert results(f"{work()}:fetch", 2, inputs="table.parquet") == [[{"x": 1}], [{"x": 2}]]


def test_a_pattern_gives_paths_in_order(work, tmp_path):
    for name in ("b.png", "a.png", "c.txt"):
        (tmp_path / name).touch()
    assert results(f"{work()}:fetch", 2, inputs="*.png") == [["a.png"], ["b.png"]]


@pytest.mark.parametrize(
    "beside",
    [
        "inputs = ['a', 'b']",
        "inputs = ('a', 'b')",
        "def inputs(): return iter('ab')",
        "def inputs():\n    yield 'a'\n    yield 'b'",
    ],
)
def test_inputs_stand_beside_the_function(work, beside):
    target = f"{work(beside)}:fetch"
    assert results(target, 4, times=1) == [["a"], ["b"], ["a"], ["b"]]
    assert results(target, 1, times=2) == [["a", "a"]]


def test_a_function_that_numbers_tasks_and_one_with_inputs_of_its_own_are_left_alone(work):
    target = work("inputs = ['a']")
    assert results(f"{target}:numbered", 2) == [0, 1]
    assert results(f"{target}:own", 1) == [[0, "mine"]]
    assert results(f"{target}:numbered", 2, inputs=_write("list.json", "[7]")) == [7, 7]


def test_what_a_module_imports_by_that_name_is_not_taken(work):
    assert results(f"{work('from glob import glob as inputs')}:fetch", 2) == [[0], [1]]
    assert results(f"{work('import json as inputs')}:fetch", 1) == [[0]]


def _write(name, content):
    Path(name).write_text(content)
    return name


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.txt", None, "cannot read the inputs none.txt: No such file"),
        ("empty.txt", "\n", "empty.txt has no inputs"),
        ("x/*.png", None, "has no inputs"),
        ("bad.json", "{", "the inputs bad.json cannot be read: Expecting"),
        ("dict.json", "{}", "it holds a dict"),
        ("photo.png", b"\x89PNG\xff", "photo.png is not text .inputs are lines of text, .json"),
    ],
)
def test_a_bad_source_is_named_before_anything_runs(work, tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for tasks in ({}, {"tasks": 2}):
        with pytest.raises(UsageError, match=words):
            plan(resolve({"workload": (f"{work()}:fetch",), "inputs": name, **tasks}))


def test_inputs_for_work_that_takes_none_are_a_mistake():
    with pytest.raises(UsageError, match="nothing selected has a parameter 'inputs'"):
        plan(resolve({"workload": ("io_sleep",), "inputs": "urls.txt"}))


def test_inputs_beside_the_function_must_be_a_list(work):
    with pytest.raises(UsageError, match="fetch: `inputs` beside it must be a list, not 'abc'"):
        plan(resolve({"workload": (f"{work('inputs = chr(97) + chr(98) + chr(99)')}:fetch",)}))


@pytest.mark.parametrize(("count", "tasks"), [(3, 64), (64, 64), (100, 100)])
def test_a_batch_has_as_many_tasks_as_there_are_inputs_or_more(work, count, tasks):
    _write("list.json", json.dumps(list(range(count))))
    settings = {"workload": (f"{work()}:fetch",), "inputs": "list.json"}
    cells = plan(resolve(settings))
    assert {one.cell.tasks for one in cells} == {tasks}
    assert {one.cell.workload.label for one in cells} == {"fetch[times=1,inputs=list.json]"}
    assert {one.cell.tasks for one in plan(resolve({**settings, "tasks": 5}))} == {5}
    (named,) = [key for key in plugins([cells[0].cell]) if key.startswith("inputs ")]
    assert named == "inputs list.json"


def test_a_name_has_no_inputs_where_none_are_given(work):
    cells = plan(resolve({"workload": (f"{work()}:fetch",)}))
    assert {one.cell.workload.label for one in cells} == {"fetch[times=1]"}


@pytest.mark.parametrize(("tasks", "again"), [(3, True), (2, False), (1, False)])
def test_inputs_that_are_taken_again_are_said(work, tasks, again):
    lanes = Lanes(Spec("f", f"{work('inputs = [1, 2]')}:fetch"))
    with ExitStack() as stack:
        call = stack.enter_context(lanes.blocking())
        assert [call(i) for i in lanes.tasks(tasks)] == [[1], [2], [1]][:tasks]
    expected = {"code": "inputs-again", "inputs": 2, "tasks": tasks}
    assert (expected in lanes.notes) is again


def test_inputs_of_a_notebook_are_written_to_a_file(tmp_path):
    path = _inputs(iter([1, {"a": 2}]), tmp_path)
    assert read(path) == [1, {"a": 2}]
    assert _inputs([1, {"a": 2}], tmp_path) == path
    assert _inputs("urls.txt", tmp_path) == "urls.txt"
    with pytest.raises(UsageError, match="call it `inputs`, beside the function"):
        _inputs([object()], tmp_path)
