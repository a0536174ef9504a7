"""What was appended is there, whatever happens next."""

from __future__ import annotations

import os
import subprocess

import pytest

from concbench.errors import UsageError
from concbench.processes.children import interpreter_command
from concbench.store.journal import Journal, JournalFull, entries


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


def test_entries_come_back_in_order(path):
    with Journal(path) as journal:
        journal.append({"round": 0})
        journal.append({"text": "é\n\udcff", "none": None})
    with Journal(path) as journal:
        journal.append({"round": 1})
    assert entries(path) == [{"round": 0}, {"text": "é\n\udcff", "none": None}, {"round": 1}]


@pytest.mark.parametrize("torn", [b'{"round": 1', b"{", b"\0\0\0", b'{"round": 1}'])
def test_a_torn_last_line_does_not_count_and_is_cut_off(path, torn):
    path.write_bytes(b'{"round":0}\n' + torn)
    assert entries(path) == [{"round": 0}]
    with Journal(path) as journal:
        journal.append({"round": 2})
    assert path.read_bytes() == b'{"round":0}\n{"round":2}\n'


@pytest.mark.parametrize("damage", [b"{", b"", b"7", b"\xff"])
def test_a_damaged_line_elsewhere_is_named(path, damage):
    path.write_bytes(b'{"round":0}\n' + damage + b'\n{"round":1}\n')
    with pytest.raises(UsageError, match=r"journal\.jsonl, line 2 is damaged"):
        entries(path)


def test_a_missing_journal_is_named(path):
    with pytest.raises(UsageError, match=r"cannot read .*journal\.jsonl: No such file"):
        entries(path)


FILLS = """
import resource, sys
from pathlib import Path
from concbench.store.journal import Journal, JournalFull
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
with Journal(Path(sys.argv[1])) as journal:
    for round in range(99):
        try:
            journal.append({"round": round, "text": "x" * 100})
        except JournalFull as error:
            print(round, error)
            break
    journal.append({"short": 1})
"""


def test_a_full_disk_is_said_and_leaves_the_earlier_entries_whole(path):
    command = [*interpreter_command(FILLS), str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "File too large" in said
    assert "--resume" in said
    *rounds, last = entries(path)
    assert [entry["round"] for entry in rounds] == list(range(int(said.split()[0])))
    assert last == {"short": 1}


def test_a_full_device_is_said(tmp_path):
    link = tmp_path / "journal.jsonl"
    link.symlink_to("/dev/full")
    with Journal(link) as journal, pytest.raises(JournalFull, match="No space left on device"):
        journal.append({})


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(JournalFull, match="No such file"):
        Journal(tmp_path / "none" / "journal.jsonl")


def test_an_append_that_was_interrupted_leaves_no_half_line(path, monkeypatch):
    def interrupted(file):
        raise KeyboardInterrupt

    with Journal(path) as journal:
        journal.append({"round": 0})
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(os, "fsync", interrupted)
            journal.append({"round": 1})
        journal.append({"round": 2})
    assert entries(path) == [{"round": 0}, {"round": 2}]


def test_every_entry_is_synced(path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(path.read_bytes()))
    with Journal(path) as journal:
        journal.append({"round": 0})
    assert synced == [b'{"round":0}\n']
