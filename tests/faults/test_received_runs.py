"""A run that somebody sent: nothing in it is executed, and nothing is written through its links."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from concbench.cli import main
from concbench.errors import Exit, NotComparable, UsageError
from concbench.machine import identity
from concbench.store.journal import Journal, JournalFull
from concbench.store.runs import run_to_resume, save_baseline, settings_to_resume

from ..reports.made import folder as made
from ..reports.made import sequential

as_root = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="it takes root to be two users"
)


def concbench(*words: str) -> int:
    with patch.object(sys, "argv", ["concbench", *words]), pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of this machine in a folder of its own, and a file that its links lead to."""
    received = made(tmp_path / "received", [sequential([0.1, 0.2, 0.1])])
    record = json.loads((received / "run.json").read_text())
    settings = {"workload": ["io_sleep"], "strategy": ["sequential"]}
    record |= {"settings": settings, "environment": identity.facts()}
    (received / "run.json").write_text(json.dumps(record))
    (received / "journal.jsonl").touch()
    (tmp_path / "victim").write_text("as it was")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return received


def changed(run: Path, **keys: object) -> None:
    path = run / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))


def test_a_run_of_this_machine_and_user_may_go_on(run, tmp_path):
    assert run_to_resume(tmp_path, str(run)) == run
    assert settings_to_resume(run)["workload"] == ["io_sleep"]


def test_code_in_the_folder_of_a_run_is_not_run(run, tmp_path):
    (run / "evil.py").write_text(f"open({str(tmp_path / 'pwned')!r}, 'w')\ndef work(i): pass\n")
    for text in ("received/evil.py:work", f"{run}/evil.py:work"):
        changed(run, settings={"workload": [text], "strategy": ["sequential"]})
        assert concbench("run", "--resume", str(run), "-q") == Exit.USAGE
    assert concbench("show", str(run)) == 0
    assert not (tmp_path / "pwned").exists()


def test_the_machine_is_checked_before_any_code_is_imported(run, tmp_path):
    (tmp_path / "work.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')\ndef work(i): pass\n")
    settings = {"workload": ["work.py:work"], "strategy": ["sequential"]}
    changed(run, settings=settings, environment={**identity.facts(), "hostname": "elsewhere"})
    with pytest.raises(NotComparable, match="host elsewhere, now "):
        settings_to_resume(run)
    assert concbench("run", "--resume", str(run), "-q") == Exit.NOT_COMPARABLE
    assert not (tmp_path / "run").exists()


@as_root
def test_a_run_that_another_user_can_write_does_not_go_on(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    os.chown(run / "run.json", 65534, 65534)
    with pytest.raises(UsageError, match="may be somebody else's"):
        settings_to_resume(run)


def test_links_in_a_run_are_not_written_through(run, tmp_path, capfd):
    victim, folder = tmp_path / "victim", tmp_path / "folder"
    for name in ("cells.csv", "rounds.csv", "report.html"):
        (run / name).symlink_to(victim)
    (run / "charts").symlink_to(folder)
    assert concbench("report", str(run)) == Exit.USAGE
    assert "charts: it is a link" in capfd.readouterr().err
    assert not (run / "report.html").is_symlink()  # which took the link's place
    (run / "charts").unlink()
    (run / "charts").mkdir()
    (run / "charts" / "grid.svg").symlink_to(victim)
    assert concbench("report", str(run)) == 0
    (run / "journal.jsonl").unlink()
    (run / "journal.jsonl").symlink_to(victim)
    with pytest.raises(JournalFull):
        Journal(run / "journal.jsonl")
    with pytest.raises(UsageError, match="is a link"):
        settings_to_resume(run)
    assert victim.read_text() == "as it was"
    assert [*folder.iterdir()] == []


def test_a_baseline_is_not_written_through_a_link(run, tmp_path):
    here = tmp_path / "results" / "runs" / "0001-x"
    shutil.copytree(run, here)
    baselines = tmp_path / "results" / "baselines"
    (baselines / "main").mkdir(parents=True)
    (baselines / "main" / "run.json").symlink_to(tmp_path / "victim")
    save_baseline(here, "main")
    (baselines / "other").symlink_to(tmp_path / "folder")
    with pytest.raises(UsageError, match="it is a link"):
        save_baseline(here, "other")
    assert (tmp_path / "victim").read_text() == "as it was"
    assert [*(tmp_path / "folder").iterdir()] == []


def test_a_folder_that_was_removed_is_named(tmp_path, monkeypatch, capfd):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert concbench("show") == Exit.USAGE
    assert "the current folder cannot be used: No such file" in capfd.readouterr().err
