"""Names and messages that are no plain text cost at most their cell, and are shown escaped."""

from __future__ import annotations

import os
import sys
from unittest.mock import patch

import pytest

from concbench.cli import main
from concbench.cli.outlook import quoted
from concbench.spec import Spec, load

SOURCE = """
import os

def fails(i, *, name="x"):
    raise ValueError("bad \\x00 \\x1b[31m " + os.fsdecode(b"caf\\xe9") + "y" * 100_000)

def works(i, *, name="x"):
    return i
"""


def concbench(*words):
    with patch.object(sys, "argv", ["concbench", *words]), pytest.raises(SystemExit) as end:
        main()
    return end.value.code


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / os.fsdecode(b"d\xe9")
    try:
        place.mkdir()
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    (place / "work.py").write_text(SOURCE)
    monkeypatch.chdir(place)
    return place


def test_a_file_in_a_folder_whose_name_is_no_utf8_is_imported(folder):
    assert load(f"{folder}/work.py:works").__name__ == "works"


@pytest.mark.parametrize("value", ["a\nb", "\x1b[31m", os.fsdecode(b"caf\xe9"), "tab\t", "\x00"])
def test_a_parameter_is_one_printable_word_of_a_name(value):
    label = Spec("work", "work:works", {"name": value}).label
    assert label.isprintable()
    assert label != Spec("work", "work:works", {"name": ascii(value)[1:-1]}).label


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("a b", "'a b'"),
        ("caf\u00e9", "'caf\u00e9'"),
        (os.fsdecode(b"caf\xe9.py:f"), r"$'caf\xe9.py:f'"),
        ("it's\n\\", r"$'it\x27s\x0a\x5c'"),
    ],
)
def test_a_command_that_is_shown_is_the_one_for_a_shell(word, shown):
    assert quoted(["run", word]) == f"run {shown}"


def test_text_is_stored_and_shown_and_costs_its_cell_alone(folder, capfd):
    work = ["-w", "work.py:fails", "-w", "work.py:works", "-s", "sequential"]
    name = "name=a\nb\x1b" + os.fsdecode(b"\xe9")
    assert concbench("run", *work, "-P", name, "--rounds", "1", "--probe", "none", "-q") == 3
    shown = capfd.readouterr().out
    assert r"\x1b[31m" in shown
    assert "\x1b[31m" not in shown
    assert len(shown) < 10_000
    table = (folder / ".concbench/latest/cells.csv").read_bytes()
    assert not {*table} & {*range(9), *range(11, 32)}
    assert b"works" in table
    assert b"measured" in table
    assert concbench("run", "--resume", "-q") == 3
    assert concbench("report") == 0
