"""A git revision as a folder: its own hooks, submodules, data and index are left as they are."""

from __future__ import annotations

import os

import pytest

from concbench.driver import with_sides
from concbench.driver.lab import workshop
from concbench.errors import NotComparable, UsageError
from concbench.plan.settings import resolve
from concbench.processes.children import Children
from concbench.sides import MeasuredSide, revisions
from concbench.sides.build import check, sides
from concbench.sides.commits import why_none
from concbench.sides.proof import listed, proof

from .repositories import commit, git

WORK = "def work(i):\n    return {}\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n"
LOCAL = ("-c", "protocol.file.allow=always")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    folder = tmp_path / "repository"
    commit(folder, {"work.py": WORK.format(1)})
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def children():
    with Children() as children:
        yield children


def test_the_hooks_of_the_user_are_not_run(here, children, tmp_path):
    hook = here / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\nexit 1\n")
    hook.chmod(0o755)
    (side,) = sides(children, ["git:HEAD"], tmp_path / "scratch")
    assert (side.folder / "work.py").exists()
    assert not (tmp_path / "ran").exists()


def test_a_check_that_is_a_hook_leaves_the_index_alone(here, children, tmp_path, monkeypatch):
    """Git tells its hooks which repository and index they are of."""
    commit(here, {"work.py": WORK.format(2), "new.py": ""})
    (here / "staged.py").write_text("")
    git(here, "add", "staged.py")
    monkeypatch.setenv("GIT_DIR", str(here / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(here / ".git" / "index"))
    before = (here / ".git" / "index").read_bytes()
    (side,) = sides(children, ["git:HEAD~1"], tmp_path / "scratch")
    assert (side.folder / "work.py").read_text() == WORK.format(1)
    assert not (side.folder / "new.py").exists()
    assert (here / ".git" / "index").read_bytes() == before


@pytest.fixture
def with_submodule(here, tmp_path):
    """Two commits, each with a library of its own in `libs/one`."""
    library = tmp_path / "library"
    commit(library, {"one.py": "VALUE = 1\n"})
    git(here, *LOCAL, "submodule", "--quiet", "add", str(library), "libs/one")
    commit(here, {})
    commit(here / "libs" / "one", {"one.py": "VALUE = 2\n"})
    commit(here, {})
    return here


def test_each_side_has_its_own_submodules(with_submodule, children, tmp_path):
    config = (with_submodule / ".git" / "config").read_text()
    then, now = sides(children, ["git:HEAD~1", "git:HEAD"], tmp_path / "scratch")
    assert (then.folder / "libs/one/one.py").read_text() == "VALUE = 1\n"
    assert (now.folder / "libs/one/one.py").read_text() == "VALUE = 2\n"
    assert "libs/one/one.py" in listed(children, with_submodule)
    assert (with_submodule / ".git" / "config").read_text() == config


def test_a_side_that_imports_the_submodule_of_the_working_tree_is_refused(
    with_submodule, children, tmp_path
):
    there = sides(children, ["working tree", "git:HEAD~1"], tmp_path / "scratch")
    told = proof(children, there, with_submodule)
    modules = {"one": str(with_submodule / "libs" / "one" / "one.py")}
    told.add("working tree", modules)
    with pytest.raises(
        NotComparable, match=r"imports .*libs/one/one\.py, a file of the working tree"
    ):
        told.add(there[1].title, modules)


def test_a_submodule_that_is_not_checked_out_here_is_not_there_either(
    with_submodule, children, tmp_path
):
    git(with_submodule, "submodule", "--quiet", "deinit", "--force", "libs/one")
    (then,) = sides(children, ["git:HEAD~1"], tmp_path / "scratch")
    assert [*(then.folder / "libs" / "one").iterdir()] == []
    (line,) = revisions.missing_submodules(children, [then])
    assert line.startswith(f"submodule libs/one of {then.title} is not checked out")


def test_a_submodule_that_is_the_cause_is_named(with_submodule):
    git(with_submodule, "submodule", "--quiet", "deinit", "--force", "libs/one")
    work = "import sys\nsys.path.append('libs/one')\nfrom one import VALUE\n"
    commit(with_submodule, {"work.py": f"{work}def work(i):\n    return VALUE\n"})
    settings = resolve({"workload": ["work.py:work"], "side": ["git:HEAD"]})
    cause = r"No module named 'one'(.|\n)*submodule libs/one of git:HEAD"
    with workshop() as shop, pytest.raises(UsageError, match=cause):
        with_sides(shop, settings)


def test_a_submodule_that_was_removed_is_checked_out_where_it_was(
    with_submodule, children, tmp_path
):
    git(with_submodule, "rm", "-q", "libs/one")
    commit(with_submodule, {})
    (then,) = sides(children, ["git:HEAD~1"], tmp_path / "scratch")
    assert (then.folder / "libs/one/one.py").read_text() == "VALUE = 2\n"


def test_a_submodule_that_cannot_be_checked_out_is_named(with_submodule, children, tmp_path):
    modules = with_submodule / ".git" / "modules" / "libs" / "one"
    first = git(with_submodule, "rev-parse", "HEAD~1:libs/one")
    (modules / "objects" / first[:2] / first[2:]).unlink()
    with pytest.raises(UsageError, match="cannot check out submodule libs/one of "):
        sides(children, ["git:HEAD~1"], tmp_path / "scratch")


def trees(tmp_path, here: str, there: str) -> MeasuredSide:
    texts = {"here": here, "there": there}
    for name, text in texts.items():
        files = {".gitattributes": "*.bin filter=lfs\n", "a.bin": text, "b.bin": text}
        commit(tmp_path / name, {"small.bin": "few", **files})
    places = [tmp_path / name for name in texts]
    return MeasuredSide("git:main", root=(places[0], places[1]))


def test_pointers_in_place_of_data_are_said(children, tmp_path):
    side = trees(tmp_path, POINTER.format(1), POINTER.format(2))
    (line,) = revisions.missing_data(children, [side, side])
    assert (
        line == "a.bin and 1 more are Git LFS pointers, not data: run `git lfs pull` [lfs-pointer]"
    )


@pytest.mark.parametrize(("texts", "which"), [((1, 0), "the working tree"), ((0, 1), "git:main")])
def test_a_pointer_is_not_compared_with_data(children, tmp_path, texts, which):
    side = trees(tmp_path, *(POINTER.format(1) if text else "data" for text in texts))
    with pytest.raises(NotComparable, match=f"a.bin is a Git LFS pointer in {which} and data in"):
        revisions.missing_data(children, [side])


def test_a_tree_is_made_anew_once_data_can_be_had(here, children, tmp_path):
    commit(here, {".gitattributes": "*.bin filter=lfs\n", "a.bin": POINTER.format(1)})
    (before,) = sides(children, ["git:HEAD"], tmp_path / "before")
    assert (before.folder / "a.bin").read_text() == POINTER.format(1)
    git(here, "config", "filter.lfs.smudge", "echo data")
    (after,) = sides(children, ["git:HEAD"], tmp_path / "after")
    assert (after.folder / "a.bin").read_text() == "data\n"


def test_data_is_no_pointer(children, tmp_path):
    assert revisions.missing_data(children, [trees(tmp_path, "data", "other")]) == []


def stands_for_git(tmp_path, monkeypatch, text: str) -> None:
    (tmp_path / "bin").mkdir()
    if text:
        (tmp_path / "bin" / "git").write_text(f'#!/bin/sh\necho "{text}" >&2\nexit 128\n')
        (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


DUBIOUS = "fatal: detected dubious ownership in repository at '/there'"


@pytest.mark.parametrize(
    ("text", "said"), [(DUBIOUS, "detected dubious ownership"), ("", "cannot start git: No such")]
)
def test_git_is_quoted_where_it_refuses_or_is_missing(
    here, children, tmp_path, monkeypatch, text, said
):
    stands_for_git(tmp_path, monkeypatch, text)
    assert said in why_none(here)
    with pytest.raises(UsageError, match=f"cannot be asked for its git repository: (.|\n)*{said}"):
        sides(children, ["git:HEAD"], tmp_path / "scratch")


def test_a_folder_without_a_repository_and_one_without_a_commit_are_named(here, tmp_path):
    (tmp_path / "empty").mkdir()
    assert why_none(tmp_path / "empty") == "no git repository here"
    git(tmp_path / "empty", "init", "-q")
    assert why_none(tmp_path / "empty") == "the git repository here has no commit"


@pytest.mark.parametrize("text", ["git:--help", "pip:--upgrade lib"])
def test_what_looks_like_an_option_is_no_side(text):
    with pytest.raises(UsageError, match="must not begin with '-'"):
        check(text)
