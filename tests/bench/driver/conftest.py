"""What tests of runs share."""

from __future__ import annotations

import psutil
import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory of its own, for a run that leaves no process behind."""
    monkeypatch.chdir(tmp_path)
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    yield tmp_path
    left = {p.pid for p in psutil.Process().children(recursive=True)} - before
    assert not left
