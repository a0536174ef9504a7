"""What every test may rely on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# Children of a test import it by its name, wherever they are started; last, as it is no library.
sys.path.append(str(Path(__file__).parents[1]))

OUTER = (
    *("reports", "docs", "faults"),
    *(f"bench/{name}" for name in ("advice", "behaviour", "cli", "course", "gate", "init")),
    *(f"bench/{name}" for name in ("plan", "sides", "store")),
)
"""Folders that go by files, git and libraries, and what only strings parts together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what need not run under the Pythons in between."""
    folders = [Path(__file__).parent / name for name in OUTER]
    for item in items:
        if any(folder in item.path.parents for folder in folders):
            item.add_marker(pytest.mark.outer)


@pytest.fixture(autouse=True)
def _environment_as_it_was():
    """Libraries set variables for their children in the process that they run in: here in all."""
    before = dict(os.environ)
    yield
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(autouse=True, scope="session")
def _lock_of_their_own(tmp_path_factory):
    """Tests, and fixtures of modules, neither wait for a real run on this machine nor stop one."""
    with pytest.MonkeyPatch.context() as patch:
        own = str(tmp_path_factory.getbasetemp()).replace("/", ".")
        patch.setenv("_CONCBENCH_LOCK", own)
        yield


@pytest.fixture(autouse=True)
def _lock_of_its_own(tmp_path_factory, monkeypatch):
    """A test does not wait for what another, that was ended, has left running."""
    monkeypatch.setenv("_CONCBENCH_LOCK", str(tmp_path_factory.mktemp("lock")).replace("/", "."))
