"""No file of another user's says what code is run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.plan import ownership
from concbench.plan.settings import resolve

as_root = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="it takes root to be two users"
)
NOBODY = 65534


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    place = tmp_path / "home"
    place.mkdir()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(place / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    return place


def options(folder: Path, rounds: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "concbench.toml"
    file.write_text(f"rounds = {rounds}\n")
    return file


@as_root
def test_a_file_of_another_user_is_refused_and_the_way_out_helps(tmp_path, home):
    file = options(tmp_path / "project")
    os.chown(file, NOBODY, NOBODY)
    said = r"concbench\.toml may be somebody else's, and could run any code: it belongs to "
    with pytest.raises(UsageError, match=said):
        resolve({}, file.parent)
    command = ["git", "config", "--global", "--add", "safe.directory", str(file.parent)]
    subprocess.run(command, check=True)
    assert resolve({}, file.parent).rounds == 3


@as_root
def test_another_users_folder_above_is_passed_over(tmp_path):
    options(tmp_path / "theirs")
    own = tmp_path / "theirs" / "mine"
    own.mkdir()
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    assert resolve({}, own).rounds is None


@as_root
def test_what_git_trusts_by_the_command_or_machine_is_trusted(tmp_path, monkeypatch):
    file = options(tmp_path / "project")
    os.chown(file, NOBODY, NOBODY)
    system = tmp_path / "gitconfig"
    system.write_text(f"[safe]\n\tdirectory = {tmp_path}\n")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(system))
    assert resolve({}, file.parent).rounds == 3
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "")  # forgets
    with pytest.raises(UsageError, match="belongs to"):
        resolve({}, file.parent)


@as_root
def test_nobody_is_told_to_trust_a_place_that_everybody_writes_to(tmp_path):
    shared = tmp_path / "tmp"
    os.chown(options(shared), NOBODY, NOBODY)
    shared.chmod(0o1777)
    with pytest.raises(UsageError, match=f"own: everybody may put files into {shared}$"):
        resolve({}, shared)


def test_a_file_that_everybody_may_write_is_refused(tmp_path):
    file = options(tmp_path / "project")
    file.chmod(0o666)
    with pytest.raises(UsageError, match="can be written by everybody"):
        resolve({}, file.parent)
    file.chmod(0o664)  # a group of its own is nobody else
    assert resolve({}, file.parent).rounds == 3


def test_nobody_looks_beyond_a_place_that_everybody_writes_to(tmp_path):
    shared = tmp_path / "tmp"
    options(shared)
    shared.chmod(0o1777)
    deep = shared / "mine" / "deep"
    deep.mkdir(parents=True)
    assert resolve({}, shared / "mine").rounds is None
    above = tmp_path / "above"
    options(above)
    (above / "tmp").mkdir(mode=0o700)
    (above / "tmp").chmod(0o1777)
    (above / "tmp" / "mine").mkdir()
    assert resolve({}, above / "tmp" / "mine").rounds is None


def test_nobody_looks_beyond_the_repository_or_home(tmp_path, home):
    options(tmp_path)
    for inner in (home / "project", tmp_path / "repository" / "deep"):
        inner.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert resolve({}, home / "project").rounds is None
    assert resolve({}, tmp_path / "repository" / "deep").rounds is None
    options(tmp_path / "repository", 5)
    assert resolve({}, tmp_path / "repository" / "deep").rounds == 5
    assert [*ownership.above(home / "project")] == [home / "project", home]
