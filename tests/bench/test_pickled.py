"""Work that stands in no file, sent to workers by value."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import concbench
from concbench import notebook, spec
from concbench.errors import UsageError


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_work_that_stands_in_no_file_keeps_its_name_and_its_parameters(tmp_path):
    def scaled(i, *, by=2):
        return i * by

    place, _, name = notebook.text(scaled, tmp_path).rpartition(":")
    assert (Path(place).parent, name) == (tmp_path / "functions", "scaled")
    built = spec.Spec("scaled", f"{place}:scaled", {"by": 5}).build()
    with built.open() as call:
        assert call(3) == 15
    with pytest.raises(UsageError, match="has no 'scale': did you mean scaled"):
        spec.load(f"{place}:scale")


def test_without_cloudpickle_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(UsageError, match=r"pip install 'concbench\[notebook\]'"):
        concbench.run(lambda i: i, rounds=1)


def test_what_cannot_be_sent_is_told_before_anything_runs(tmp_path):
    stream = (tmp_path / "some.txt").open("w")
    with stream, pytest.raises(UsageError, match="lambda cannot be sent to workers: "):
        concbench.run(lambda i: stream.name, rounds=1)


@pytest.mark.parametrize("content", [None, b"", b"no pickle"])
def test_a_file_that_is_gone_or_damaged_is_told(tmp_path, content):
    path = tmp_path / "lost.cloudpickle"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"lost\.cloudpickle"):
        concbench.run(f"{path}:lost", rounds=1)
