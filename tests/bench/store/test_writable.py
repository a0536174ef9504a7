"""What is known of a file before it is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.store.runs import check_file


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").write_text("kept")
    Path("link").symlink_to("no/where")
    os.mkfifo("pipe")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no/where", "there is no folder no"),
        ("folder", "it is a folder"),
        ("file/below", "file is not a folder"),
        ("link", "there is no folder"),
        ("a" * 300, "File name too long"),
    ],
)
def test_what_cannot_be_written_is_named_with_the_reason(place, path, said):
    with pytest.raises(UsageError, match=f"^cannot write {path}: .*{said}"):
        check_file(Path(path))
    with pytest.raises(OSError, match=r".*"):
        Path(path).write_text("")


@pytest.mark.parametrize("path", ["new", "folder/new", "file", "pipe", "/dev/null"])
def test_what_can_be_written_passes_and_stays_as_it_is(place, path):
    """A pipe that nobody reads would make whoever opens it wait for ever."""
    before = sorted(place.rglob("*"))
    check_file(Path(path))
    assert sorted(place.rglob("*")) == before
    assert Path("file").read_text() == "kept"


@pytest.mark.parametrize(
    ("path", "changed"), [("file", "file"), ("folder/new", "folder"), ("no/where/new", "")]
)
def test_what_is_read_only_is_named(place, monkeypatch, path, changed):
    locked = place / changed
    monkeypatch.setattr(os, "access", lambda one, _: Path(one).absolute() != locked)
    with pytest.raises(UsageError, match=rf"^cannot write {path}: .*{changed} is read-only"):
        check_file(Path(path), makes_folders=True)


def test_folders_that_will_be_made_need_not_be_there(place):
    check_file(Path("folder/more/and/more"), makes_folders=True)
    with pytest.raises(UsageError, match=r"file is not a folder"):
        check_file(Path("file/more/and/more"), makes_folders=True)
