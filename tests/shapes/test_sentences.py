"""Mistakes that many make: a sentence each, with the cause and the way out."""

from __future__ import annotations

from errno import EMFILE
from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.notebook import text
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.reports.run import schema
from concbench.reports.text import shortened
from concbench.worker import line


def planned(*workloads, **more):
    return plan(resolve({"workload": workloads, "strategy": ("sequential",), **more}))


def test_an_error_without_words_is_its_type():
    assert line(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert line(ValueError("bad\nsize")) == "ValueError: bad size"


@pytest.mark.parametrize("most", range(1500, 1600, 7))
def test_a_frame_that_was_cut_short_is_no_place(most):
    """Of a long text the middle is left out, wherever that is."""
    frame = (
        f'  File "{Path(schema.__file__).parents[2]}/bench/lanes/contexts.py", line 65, in one\n'
    )
    cut = shortened(200 * frame, most, "messages/1.txt")
    assert schema.Failure(0, 0, "error", "", cut).place == ""
    theirs = shortened(f'  File "/mine.py", line 3, in f\n{200 * frame}', most, "messages/1.txt")
    assert schema.Failure(0, 0, "error", "", theirs).place == "mine.py:3"


def test_two_workloads_of_one_name_are_told_apart_with_their_files(tmp_path):
    paths = [tmp_path / name for name in ("a.py", "b.py")]
    for path in paths:
        path.write_text("def fetch(i):\n    return i\n")
    with pytest.raises(UsageError, match="two different workloads are called fetch") as caught:
        planned(*(f"{path}:fetch" for path in paths))
    assert all(f"{path}:fetch" in str(caught.value) for path in paths)
    assert "rename one of them" in str(caught.value)


def test_two_lambdas_are_to_be_given_names(tmp_path):
    pytest.importorskip("cloudpickle")
    texts = [text(work, tmp_path) for work in (lambda i: i, lambda i: -i)]
    with pytest.raises(UsageError, match=r"are called lambda .*: give each a name, by def"):
        planned(*texts)


def test_two_strategies_of_one_name_are_told_apart(tmp_path):
    code = """
from contextlib import contextmanager
from dataclasses import dataclass

@dataclass(frozen=True)
class Mine:
    @contextmanager
    def open(self, lanes):
        yield list
"""
    paths = [tmp_path / name for name in ("a.py", "b.py")]
    for path in paths:
        path.write_text(code)
    with pytest.raises(UsageError, match="two different strategies are called Mine"):
        plan(resolve({"workload": ("noop",), "strategy": [f"{path}:Mine" for path in paths]}))


@pytest.mark.parametrize(
    "code", ["def f(i):\n    yield i\n", "async def f(i):\n    yield i\n"], ids=["def", "async"]
)
def test_a_generator_function_is_refused_before_anything_runs(tmp_path, code):
    (tmp_path / "mine.py").write_text(code)
    with pytest.raises(UsageError, match=r"f is a generator function: .* return what it yields"):
        planned(f"{tmp_path / 'mine.py'}:f")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(EMFILE, "Too many open files"), "fewer --workers, a dispatch that does not start"),
        (AssertionError("daemonic processes are not allowed to have children"), "pool=executor"),
    ],
)
def test_what_an_error_does_not_say_itself_is_added(error, words):
    assert words in line(error)


def test_any_other_error_is_left_as_it_is():
    assert line(OSError(2, "No such file")) == "FileNotFoundError: [Errno 2] No such file"
