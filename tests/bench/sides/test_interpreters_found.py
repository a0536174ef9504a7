"""Interpreters by their version, whoever installed them, and what their sides are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.processes.children import Children
from concbench.processes.variables import ANSWERS
from concbench.sides import interpreters
from concbench.sides.build import sides

PYENV = ("3.14.9", "3.14.10", "3.14.10t", "3.13.0", "3.14-dev", "3.15.0rc2t", "system")
UV = (
    "cpython-3.14.2+freethreaded-linux-x86_64-gnu",
    "cpython-3.14.11-linux-x86_64-gnu",
    "cpython-3.14-linux-x86_64-gnu",
    "pypy-3.11.13-linux-x86_64-gnu",
    "cpython-3.14.3+debug-linux-x86_64-gnu",
)


@pytest.fixture
def children():
    with Children() as made:
        yield made


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A machine with nothing but what a test installs."""
    for key in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "PATH"):
        monkeypatch.setenv(key, str(tmp_path / key))
    return tmp_path


def install(path: Path, version: str) -> Path:
    """What answers as that interpreter."""
    number, free = version.rstrip("t"), version.endswith("t")
    said = {"version": [int(one) for one in number.split(".")], "free": free, "pyperf": True}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{json.dumps(said)}' > /dev/fd/${{{ANSWERS}:-1}}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def many(place):
    for name in PYENV:
        install(place / "PYENV_ROOT/versions" / name / "bin/python", "3.9.9")
    for name in UV:
        install(place / "UV_PYTHON_INSTALL_DIR" / name / "bin/python", "3.9.9")
    return place


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("3.14", ["cpython-3.14.11-linux-x86_64-gnu", "3.14.10", "3.14.9"]),
        ("3.14t", ["3.14.10t", "cpython-3.14.2+freethreaded-linux-x86_64-gnu"]),
        ("3.14.9", ["3.14.9"]),
        ("3.15t", ["3.15.0rc2t"]),
        ("3.12", []),
    ],
)
def test_those_of_pyenv_and_uv_are_found_the_newest_first(children, many, text, names):
    found = [Path(python).parents[1].name for python in interpreters.candidates(children, text)]
    assert found == names


def test_what_is_on_the_path_comes_first_and_what_py_knows_last(children, many):
    active = install(many / "PATH" / "python3.14t", "3.14.1t")
    launcher = many / "PATH" / "py"
    launcher.write_text('#!/bin/sh\n[ "$1" = -3.14t ] && echo /by/py\n')
    launcher.chmod(0o755)
    first, *_, last = interpreters.candidates(children, "3.14t")
    assert (first, last) == (str(active), "/by/py")


def test_an_interpreter_that_is_another_than_its_name_says_is_passed_over(
    children, place, tmp_path
):
    install(place / "PATH" / "python3.14", "3.14.2t")  # a build without a GIL
    install(place / "PYENV_ROOT/versions/3.14.1/bin/python", "3.14.1")
    install(place / "PYENV_ROOT/versions/3.13.5t/bin/python", "3.13.5t")
    with_gil, without = sides(children, ["python:3.14", "python:3.13t"], tmp_path / "scratch")
    assert (with_gil.title, without.title) == ("3.14.1", "3.13.5t")
    with pytest.raises(UsageError, match=r"pyenv and uv have 3\.14\.1, 3\.13\.5t\): .*3\.14\.2t"):
        sides(children, ["python:3.14.2"], tmp_path / "scratch")


def test_two_interpreters_of_one_version_have_titles_of_their_own(children, place, tmp_path):
    paths = [install(tmp_path / name / "python", "3.14.1") for name in ("a", "b")]
    made = sides(children, [f"python:{path}" for path in paths], tmp_path / "scratch")
    assert [side.title for side in made] == [f"3.14.1 ({path})" for path in paths]
    assert [side.name for side in made] == [f"python:{path}" for path in paths]
