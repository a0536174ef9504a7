"""What a check compares with, where nobody says."""

from __future__ import annotations

import pytest

from concbench.errors import UsageError
from concbench.gate.baseline import Counterpart, counterpart, default_branch
from concbench.plan.settings import Gate, Settings
from concbench.reports.run.keys import WORKING_TREE

from ..sides.repositories import commit, git

PLAIN = Settings()


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "repository"
    commit(folder, {"a.txt": "1"})
    commit(folder, {"a.txt": "2"})
    return folder


def test_what_is_said_counts_before_the_settings(here):
    settings = Settings(gate=Gate(baseline="main"))
    found = counterpart({"against": "git:v1"}, settings, here)
    assert found == Counterpart((WORKING_TREE, "git:v1"))
    assert counterpart({}, settings, here).baseline == "main"
    settings = Settings(gate=Gate(against="git:v1"))
    assert counterpart({"baseline": "old"}, settings, here).baseline == "old"


def test_another_side_than_the_working_tree_can_be_checked(here):
    settings = Settings(side=("strategy:asyncio",))
    found = counterpart({"against": "strategy:threading"}, settings, here)
    assert found.sides == ("strategy:asyncio", "strategy:threading")


def test_uncommitted_changes_are_compared_with_the_last_commit(here, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    (here / "a.txt").write_text("3")
    found = counterpart({}, PLAIN, here)
    assert found.sides == (WORKING_TREE, "git:HEAD")
    assert "uncommitted" in found.why


def test_a_branch_is_compared_with_where_it_left_the_default_branch(here):
    base = git(here, "rev-parse", "HEAD")
    git(here, "checkout", "-q", "-b", "feature")
    commit(here, {"a.txt": "4"})
    found = counterpart({}, PLAIN, here)
    assert found.sides == (WORKING_TREE, f"git:{base[:12]}")
    assert "main" in found.why


def test_the_default_branch_itself_is_compared_with_its_parent(here):
    found = counterpart({}, PLAIN, here)
    assert found.sides == (WORKING_TREE, "git:HEAD~1")
    assert "main" in found.why


def test_the_default_branch_is_the_remote_s(here, tmp_path):
    git(here, "branch", "-m", "main", "trunk")
    git(tmp_path, "clone", "-q", str(here), str(tmp_path / "clone"))
    assert default_branch(here) == "trunk"
    assert default_branch(tmp_path / "clone") == "origin/trunk"


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        ({"against": "git:a", "baseline": "b"}, PLAIN, "give one"),
        ({}, Settings(gate=Gate(against="git:a", baseline="b")), "keep one"),
        ({"against": "main"}, PLAIN, "no side 'main'"),
        ({"against": "git:a"}, Settings(side=("env:A=1", "env:A=2")), "one --side"),
    ],
)
def test_what_makes_no_sense_is_said(here, given, settings, said):
    with pytest.raises(UsageError, match=said):
        counterpart(given, settings, here)


def test_without_git_the_choices_are_named(tmp_path):
    with pytest.raises(UsageError, match=r"--against SIDE.*--baseline"):
        counterpart({}, PLAIN, tmp_path)


def test_a_single_commit_has_nothing_to_be_compared_with(tmp_path):
    commit(tmp_path / "new", {"a.txt": "1"})
    with pytest.raises(UsageError, match="no parent"):
        counterpart({}, PLAIN, tmp_path / "new")
