"""Which commit a check compares with: never its own, and none that git cannot place."""

from __future__ import annotations

import pytest

from concbench.errors import NotComparable, UsageError
from concbench.reports.run.keys import WORKING_TREE
from concbench.sides import MeasuredSide
from concbench.sides.commits import check_distinct, earlier

from .repositories import commit, git


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    folder = tmp_path / "repository"
    commit(folder, {"a.txt": "1"})
    commit(folder, {"a.txt": "2"})
    return folder


def test_a_tracked_file_that_a_step_of_ci_wrote_does_not_hide_the_commits(here, monkeypatch):
    base = git(here, "rev-parse", "HEAD")
    git(here, "checkout", "-q", "-b", "feature")
    commit(here, {"a.txt": "3"})
    (here / "a.txt").write_text("4")
    assert earlier(here, "main")[0] == "git:HEAD"
    monkeypatch.setenv("CI", "true")
    side, why = earlier(here, "main")
    assert side == f"git:{base[:12]}"
    assert "uncommitted changes are measured as they are" in why


def test_a_branch_without_a_common_ancestor_is_refused(here):
    git(here, "checkout", "-q", "--orphan", "other")
    commit(here, {"a.txt": "5"})
    commit(here, {"a.txt": "6"})
    with pytest.raises(UsageError, match="HEAD and main have no common ancestor here: fetch more"):
        earlier(here, "main")


def test_a_shallow_clone_is_named(here, tmp_path):
    git(tmp_path, "clone", "-q", "--depth", "1", here.as_uri(), "shallow")
    git(tmp_path / "shallow", "checkout", "-q", "--orphan", "other")
    commit(tmp_path / "shallow", {"a.txt": "6"})
    with pytest.raises(UsageError, match=r"no common ancestor.*a shallow clone: git fetch --unsh"):
        earlier(tmp_path / "shallow", "origin/main")


def revision(folder, name, tmp_path):
    tree = tmp_path / name.replace("~", "-")
    git(folder, "worktree", "add", "-q", "--detach", str(tree), name)
    return MeasuredSide(f"git:{name}", root=(folder, tree), own=tmp_path)


def test_one_commit_is_not_compared_with_itself(here, tmp_path):
    head = revision(here, "HEAD", tmp_path)
    short = git(here, "rev-parse", "HEAD")[:7]
    said = f"nothing to compare: working tree and git:HEAD are both {short}"
    with pytest.raises(NotComparable, match=said):
        check_distinct([MeasuredSide(WORKING_TREE), head], here)
    with pytest.raises(NotComparable, match="nothing to compare"):
        check_distinct([head, revision(here, "main", tmp_path)], here)


@pytest.mark.parametrize("file", ["a.txt", "new.txt"])
def test_an_uncommitted_file_is_a_difference(here, tmp_path, file):
    head = revision(here, "HEAD", tmp_path)
    (here / file).write_text("7")
    check_distinct([MeasuredSide(WORKING_TREE), head], here)


def test_other_commits_and_other_variables_are_compared(here, tmp_path):
    check_distinct([MeasuredSide(WORKING_TREE), revision(here, "HEAD~1", tmp_path)], here)
    check_distinct(
        [MeasuredSide(WORKING_TREE), MeasuredSide("env:A=1", variables={"A": "1"})], here
    )
