"""Whatever a file of ours holds, reading it ends with 0 or 2, and never as our own mistake."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import tracemalloc
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concbench.cli import main
from concbench.errors import UsageError
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.reports import files
from concbench.store import entries, journal, runs
from concbench.store.state import History

from ..reports import probed_run
from . import damage

EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES", "25"))
"""Of each file under each command; `nox -s faults` asks for more."""
MANY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 100,  # in CI the same every time
    suppress_health_check=list(HealthCheck),
)
READERS = {
    "show": ["show", "1", "--group-by", "workers"],
    "csv": ["export", "1", "--to", "csv"],
    "openmetrics": ["export", "1", "--to", "openmetrics"],
    "compare": ["compare", "1", "2"],
    "history": ["history"],
    "page": ["report", "1"],
}


def concbench(*words: str) -> int:
    with patch.object(sys, "argv", ["concbench", *words]), pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Results with two made-up runs."""
    results = tmp_path_factory.mktemp("made")
    for number in (1, 2):
        folder = results / "runs" / f"000{number}-20260101T00000{number}Z"
        folder.mkdir(parents=True)
        probed_run.write(folder, probed_run.WORKS[:1], rounds=3)
    return results


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Results with a real run, and its settings."""
    place = tmp_path_factory.mktemp("real")
    words = ["-w", "io_sleep", "-P", "seconds=0.001", "-s", "sequential", "-s", "threading"]
    words += ["--tasks", "4", "--workers", "2"]
    with patch.dict(os.environ, {"_CONCBENCH_LOCK": str(place).replace("/", ".")}):
        code = concbench("run", *words, "--rounds", "2", "--results", str(place), "-q")
    assert code == 0
    return place


def check(results: Path, words: list[str], capfd: pytest.CaptureFixture[str], data: bytes) -> None:
    code = concbench(*words, "--results", str(results))
    said = capfd.readouterr().err
    assert code in (0, 2), said[-3000:] + f"\n{data[:3000]!r}"
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["run.json", "samples.json", "probes.json"])
@pytest.mark.parametrize("reader", [one for one in READERS if one != "page"])
def test_a_damaged_run_is_shown_or_named(made, name, reader, tmp_path, capfd):
    folder = tmp_path / "results"
    shutil.copytree(made, folder)
    file = next((folder / "runs").glob(f"0001-*/{name}"))
    whole = file.read_text()

    @MANY
    @given(damage.texts(whole))
    def examine(data: bytes) -> None:
        file.write_bytes(data)
        check(folder, READERS[reader], capfd, data)

    examine()


@pytest.mark.once
@pytest.mark.parametrize("name", ["run.json", "samples.json", "probes.json"])
def test_a_page_of_a_damaged_run_is_written_or_not(made, name, tmp_path, capfd):
    folder = tmp_path / "results"
    shutil.copytree(made, folder)
    file = next((folder / "runs").glob(f"0001-*/{name}"))
    whole = file.read_text()

    @settings(MANY, max_examples=max(3, EXAMPLES // 25))
    @given(damage.documents(json.loads(whole)))
    def examine(document: object) -> None:
        data = json.dumps(document).encode()
        file.write_bytes(data)
        check(folder, READERS["page"], capfd, data)

    examine()


def test_a_damaged_file_of_pyperf_is_shown_or_named(made, tmp_path, capfd):
    whole = next(made.glob("runs/0001-*/samples.json")).read_text()

    @MANY
    @given(damage.texts(whole), st.booleans())
    def examine(data: bytes, packed: bool) -> None:
        file = tmp_path / ("other.json.gz" if packed else "other.json")
        file.write_bytes(gzip.compress(data) if packed else data)
        check(tmp_path, ["show", str(file)], capfd, data)

    examine()


def test_a_damaged_journal_goes_on_or_is_named(real, tmp_path):
    folder = next((real / "runs").iterdir())
    whole = (folder / "journal.jsonl").read_text()
    cells = plan(resolve(runs.stored_settings(folder)))
    facts = {"warnings": []}
    path = tmp_path / "journal.jsonl"

    @settings(MANY, max_examples=4 * EXAMPLES)
    @given(damage.journals(whole))
    def examine(data: bytes) -> None:
        path.write_bytes(data)
        try:
            stored = journal.entries(path)
            entries.check(stored, {one.id for one in cells}, {one.block for one in cells}, path)
        except UsageError as error:
            assert str(path) in str(error)
            assert "line " in str(error)
            return
        past = History(cells, stored)
        past.unvisited(), past.seconds(), past.canary()
        runs.write(tmp_path, facts, cells, past)

    examine()


def test_the_journal_of_a_real_run_is_in_order(real):
    folder = next((real / "runs").iterdir())
    cells = plan(resolve(runs.stored_settings(folder)))
    path = folder / "journal.jsonl"
    stored = journal.entries(path)
    entries.check(stored, {one.id for one in cells}, {one.block for one in cells}, path)
    assert {one["event"] for one in stored} <= entries.FORMS.keys()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e: e.pop("event"), "it has no event"),
        (lambda e: e.pop("seconds"), "seconds: Field required"),
        (lambda e: e.update(cell=99), "the run has no cell 99"),
        (lambda e: e.update(seconds=1e300), "less than or equal to"),
        (lambda e: e.update(seconds=5e-324), "greater than or equal to"),
        (lambda e: e.update(round=7), "round 7 had not begun"),
        (lambda e: e.update(benchmark="{}"), "none of pyperf's"),
        (lambda e: e.update(elapsed=float("nan")), "finite number"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_with_its_line(real, tmp_path, change, said):
    folder = next((real / "runs").iterdir())
    cells = plan(resolve(runs.stored_settings(folder)))
    stored = journal.entries(folder / "journal.jsonl")
    at = next(at for at, one in enumerate(stored) if one["event"] == "measured")
    change(stored[at])
    with pytest.raises(UsageError, match=f"line {at + 1} is damaged.*{said}"):
        entries.check(stored, {one.id for one in cells}, {one.block for one in cells}, tmp_path)


def test_a_line_that_stands_twice_counts_once_or_not_at_all(real, tmp_path):
    folder = next((real / "runs").iterdir())
    cells = plan(resolve(runs.stored_settings(folder)))
    stored = journal.entries(folder / "journal.jsonl")
    for at, one in enumerate(stored):
        doubled = [*stored[: at + 1], *stored[at:]]
        if "elapsed" not in one:
            continue  # words, which may come again
        with pytest.raises(UsageError, match=f"line {at + 2} is damaged"):
            entries.check(doubled, {p.id for p in cells}, {p.block for p in cells}, tmp_path)


def test_a_file_that_unpacks_to_too_much_is_named_with_the_way_out(tmp_path, capfd, monkeypatch):
    file = tmp_path / "big.json.gz"
    file.write_bytes(gzip.compress(b" " * 3_000_000))
    monkeypatch.setenv("CONCBENCH_READ_MB", "2")
    check(tmp_path, ["show", str(file)], capfd, b"")
    assert concbench("show", str(file)) == 2
    assert "more than 2 MB (read more with CONCBENCH_READ_MB=20)" in capfd.readouterr().err
    monkeypatch.setenv("CONCBENCH_READ_MB", "4")
    assert concbench("show", str(file)) == 2
    assert "is not a pyperf suite" in capfd.readouterr().err


@pytest.mark.parametrize("filling", ["[],", '{"":0},', "[[[[[[1]]]]]],", '"ab",', "1e1,"])
def test_what_takes_much_memory_counts_for_more_than_its_bytes(filling, made, tmp_path, capfd):
    """Read, a text that the limit allows takes at most about eight times as much."""
    path = tmp_path / "dense.json"
    for share in (1, 0.4):
        times = 2_000_000 // len(filling)
        while True:
            path.write_text("[" + filling * times + "0]")
            with suppress(OSError):
                files.limited(path, share * 2 / files.MEGABYTES)
                break
            times = int(0.9 * times)
        tracemalloc.start()
        json.loads(path.read_text())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < share * 2e6 * 9
    whole = tmp_path / "whole.json"
    whole.write_text("[" + filling * (files.MEGABYTES * 1_000_000 // len(filling) - 9) + "0]")
    assert concbench("show", str(whole)) == 2
    assert "as dense as it is (read more with CONCBENCH_READ_MB=640)" in capfd.readouterr().err


def test_a_run_of_more_cells_than_anybody_reads_is_named(tmp_path, capfd):
    one = {"command": "a", "user": 0.1, "system": 0.1, "median": 0.3, "times": [0.3]}
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"results": [one] * 10_001}))
    assert concbench("show", str(path)) == 2
    assert "has 10,001 cells: 10,000 are read at most" in capfd.readouterr().err


@MANY
@given(
    st.one_of(st.binary(max_size=200), damage.bytes_of(b'rounds = 3\nworkload = ["io_sleep"]\n'))
)
def test_an_options_file_is_read_or_named(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("options", numbered=True)
    (folder / "concbench.toml").write_bytes(data)
    try:
        resolve({}, folder)
    except UsageError as error:
        assert "concbench.toml" in str(error)
