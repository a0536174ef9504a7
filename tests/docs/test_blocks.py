"""What stands in the pages as code: commands that the program takes, Python that runs."""

from __future__ import annotations

import copy
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
import typer

from concbench.cli.commands import _with_default, app
from concbench.plan.settings import resolve
from concbench.reports.analysis import tables

from .site import DOCS, ROOT, pages

import lessons  # isort: skip  # of docs/ext

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
NAMES = [str(path.relative_to(ROOT)) for path in pages()]


def blocks(page: Path, language: str) -> list[str]:
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^\1```", page.read_text(encoding="utf-8"), re.S | re.M
    )
    return [re.sub(f"^{indent}", "", text, flags=re.M) for indent, text in found]


def commands(page: Path) -> Iterator[list[str]]:
    """The words after `concbench` of each command in a page's blocks, continued lines joined."""
    for block in blocks(page, "sh"):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["concbench"]:
                yield words[1:]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_one_that_the_program_takes(name):
    group = typer.main.get_command(app)
    for words in commands(ROOT / name):
        verb, *rest = _with_default(words, "--resume", "latest")
        command = group.commands[verb]
        command.make_context(verb, rest, parent=typer.Context(group))


@pytest.mark.once
@pytest.mark.parametrize("name", [name for name in NAMES if blocks(ROOT / name, "python")])
def test_every_block_of_python_runs(name, tmp_path):
    """Those that begin with the name of a file are written to it; all are run."""
    for number, block in enumerate(blocks(ROOT / name, "python")):
        named = re.match(r"# (\w+\.py)\n", block)
        path = tmp_path / (named[1] if named else f"block_{number}.py")
        path.write_text(block, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, path], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.once
@pytest.mark.parametrize("name", [name for name in NAMES if blocks(ROOT / name, "python")])
def test_what_a_page_writes_and_runs_can_be_measured(name, tmp_path):
    """The first `run` of a page with each of its own files: two tasks, once."""
    for block in blocks(ROOT / name, "python"):
        if named := re.match(r"# (\w+\.py)\n", block):
            (tmp_path / named[1]).write_text(block, encoding="utf-8")
    for file in sorted(path.name for path in tmp_path.glob("*.py")):
        lines = (
            words for words in commands(ROOT / name) if words[0] == "run" and "--side" not in words
        )
        with_it = (words for words in lines if any(word.startswith(f"{file}:") for word in words))
        words = next(with_it, None)
        if words is None or "urls.txt" in words:  # which ask for another interpreter, or a network
            continue
        few = [] if "-s" in words else ["-s", "sequential"]
        done = subprocess.run(
            [*COMMAND, *words, *few, "--tasks", "2", "-n"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [name for name in NAMES if blocks(ROOT / name, "toml")])
def test_every_block_of_toml_is_one_that_the_program_takes(name, tmp_path):
    for block in blocks(ROOT / name, "toml"):
        tomllib.loads(block)
        (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
        with chdir(tmp_path):
            resolve({}, tmp_path)


def test_the_runs_of_the_pages_are_small_and_tell_nothing_of_where_they_were_measured():
    for path in (DOCS / "runs").rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert len(text) < 400_000, path
        assert not re.search(r"/(work|root|home|tmp)/", text), path
        assert os.uname().nodename not in text or len(os.uname().nodename) < 6


def test_the_columns_of_the_reference_are_those_there_are():
    page = (DOCS / "reference" / "columns.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\*?)(.+?)\1 \| `(.+?)` \|", page, re.MULTILINE)
    there = [(one.title, one.key, one.usual) for one in tables.COLUMNS]
    assert [(title, key, not mark) for mark, title, key in rows[1:]] == there


def test_stored_lessons_say_what_lessons_say_now():
    stored = json.loads(lessons.TAUGHT.read_text(encoding="utf-8"))
    assert lessons.current(copy.deepcopy(stored)) == stored
