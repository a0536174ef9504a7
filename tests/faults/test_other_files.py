"""The files that are read beside runs: each is read, or named with what is wrong with it.

Baselines, behaviour.json, noise.json, options in TOML, inputs, histograms, `latest`, and the files
of other benchmark tools.
"""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concbench import inputs
from concbench.cli.stored import read as read_run
from concbench.errors import NotComparable, UsageError
from concbench.gate import noise
from concbench.gate.baseline import baseline, common, doubts, same_settings
from concbench.machine import identity
from concbench.plan.cells import plan
from concbench.plan.settings import Gate, Settings, resolve, resumed
from concbench.reports.analysis import behaviour as behaviours
from concbench.reports.errors import DamagedRun
from concbench.reports.page import html_tables
from concbench.reports.render import summary
from concbench.reports.run import histogram
from concbench.store import runs

from ..reports import probed_run
from ..reports.run.test_other_tools import FILES
from . import damage
from .test_damaged_files import MANY, check

BEHAVIOUR = {
    "schema": 1,
    "concbench": "0.1.0",
    "asked": "2026-01-01T00:00:00Z",
    "python": "CPython 3.12.1",
    "platform": "Linux",
    "questions": [
        {"name": "error", "group": "errors", "asks": "What does it do?", "code": "pass"},
        {"name": "worker", "group": "costs", "asks": "What does one more cost?", "code": "pass"},
    ],
    "strategies": [
        {
            "name": "threading",
            "reason": "",
            "answers": {
                "error": {"answer": "raised", "why": "", "measured": {}},
                "worker": {"answer": "50 us", "why": "", "measured": {"seconds": 5e-5}},
            },
        },
        {"name": "trio", "reason": "trio is not installed", "answers": {}},
    ],
}
NOISE = {
    "schema": 1,
    "environment": identity.facts(),
    "cells": [{"cell": "a / b", "rounds": 9, "deviation": 0.01, "detects": 0.05}],
}


@MANY
@given(damage.texts(json.dumps(BEHAVIOUR)))
def test_a_damaged_behaviour_is_shown_or_named(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("behaviour", numbered=True)
    (folder / behaviours.FILE).write_bytes(data)
    try:
        found = behaviours.read(folder)
    except DamagedRun as error:
        assert behaviours.FILE in str(error)
        return
    assert found is not None
    summary.behaviour_document(found)
    for table in html_tables.behaviour_tables(found).values():
        assert table


@MANY
@given(damage.texts(json.dumps(NOISE)))
def test_a_damaged_noise_adds_nothing_to_a_check(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("noise", numbered=True)
    (folder / "baselines").mkdir()
    (folder / "baselines" / noise.FILE).write_bytes(data)
    for cell, least in noise.stored(folder).items():
        assert isinstance(cell, str)
        assert 0 < least < 1e6


@pytest.mark.parametrize("name", ["run.json", "samples.json"])
def test_a_damaged_baseline_is_compared_with_or_named(name, tmp_path):
    folder = tmp_path / "baselines" / "main"
    folder.mkdir(parents=True)
    probed_run.write(folder, probed_run.WORKS[:1], rounds=3)
    whole = (folder / name).read_text()
    cells = plan(resolve({"workload": ["io_sleep"], "strategy": ["sequential", "threading"]}))

    @MANY
    @given(damage.texts(whole))
    def examine(data: bytes) -> None:
        (folder / name).write_bytes(data)
        with suppress(UsageError, DamagedRun):
            stored = baseline(tmp_path, "main", read_run)
            doubts(stored)
            with suppress(UsageError):
                same_settings(Settings(), {}, folder)
            for relative in (False, True):
                with suppress(UsageError):
                    common(cells, stored, "main", relative=relative)

    examine()


def test_damaged_settings_of_a_run_are_gone_on_with_or_named(tmp_path):
    folder = tmp_path / "runs" / "0001-20260101T000001Z"
    folder.mkdir(parents=True)
    probed_run.write(folder, probed_run.WORKS[:1], rounds=3)
    record = json.loads((folder / "run.json").read_text())
    settings = Settings(workload=("io_sleep",), strategy=("sequential",), rounds=3)
    record["settings"] = settings.model_dump(mode="json", exclude={"results"})
    record["environment"] = identity.facts()
    names = [one["name"] for one in record["cells"]]

    @MANY
    @given(damage.texts(json.dumps(record)))
    def examine(data: bytes) -> None:
        (folder / "run.json").write_bytes(data)
        with suppress(UsageError, NotComparable):
            stored = runs.settings_to_resume(folder)
            runs.resumable(folder, names, record)
            plan(resumed(folder.name, stored, {}, tmp_path))

    examine()


LITERALS = [
    *("1", "-1", "0x" + "f" * 5000, "9" * 400, "1e999", "nan", "true", '""', '"\\u0000"', "[]"),
    *('"*"', '"a\\u0000.py:b"', '["io_sleep", 1]', "{}", "{a = 1}", "2026-01-01", "[[1]]", "'5%'"),
    *('"["', '"\\u001b[31m"', '"batch>5%"', '"' + "x" * 3000 + '"', "'60s'", '"../x"'),
]
KEYS = [*Settings.model_fields, *(f"gate.{key}" for key in Gate.model_fields), "other"]


@MANY
@given(
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LITERALS), max_size=4),
    st.sampled_from(["concbench.toml", "pyproject.toml"]),
    st.one_of(st.just(b""), st.binary(max_size=20)),
)
def test_options_of_any_value_are_taken_or_named(tmp_path_factory, table, name, more):
    folder = tmp_path_factory.mktemp("options", numbered=True)
    head = "[tool.concbench]\n" if name == "pyproject.toml" else ""
    text = head + "".join(f"{key} = {value}\n" for key, value in table.items())
    (folder / name).write_bytes(text.encode() + more)
    try:
        settings = resolve({}, folder)
    except UsageError as error:
        assert name in str(error)
        return
    with suppress(UsageError):
        plan(settings)


INPUTS = {
    "list.json": b'[1, "a", {"b": [2.5, null]}, [[]]]',
    "list.jsonl": b'{"a": 1}\n[2]\n"three"\n',
    "list.csv": b'name,size\na,"1"\nb,2,3\n',
    "list.txt": "one\ntw\u00f6\n\nthree\n".encode(),
}


@pytest.mark.parametrize("name", INPUTS)
def test_damaged_inputs_are_read_or_named(name, tmp_path):
    deep = st.sampled_from([b"[", b'[{"a":', b'{"a":'])

    @MANY
    @given(st.one_of(damage.bytes_of(INPUTS[name]), deep))
    def examine(data: bytes) -> None:
        path = tmp_path / name
        path.write_bytes(data * 100_000 if data in (b"[", b'[{"a":', b'{"a":') else data)
        inputs._read.cache_clear()
        try:
            assert inputs.read(str(path))
        except UsageError as error:
            assert name in str(error)

    examine()


def test_damaged_parquet_is_read_or_named(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    from pyarrow import parquet

    path = tmp_path / "list.parquet"
    parquet.write_table(pyarrow.table({"a": [1, 2], "b": ["x", "y"]}), path)
    whole = path.read_bytes()

    @MANY
    @given(damage.bytes_of(whole))
    def examine(data: bytes) -> None:
        path.write_bytes(data)
        inputs._read.cache_clear()
        try:
            assert inputs.read(str(path))
        except UsageError as error:
            assert "list.parquet" in str(error)

    examine()


def test_a_damaged_histogram_is_counted_or_named():
    whole = histogram.Histogram()
    for duration in (1, 300, 70_000, 70_000, 2**40):
        whole.add(duration)

    @MANY
    @given(st.one_of(damage.bytes_of(whole.text().encode()), st.binary(max_size=60)))
    def examine(data: bytes) -> None:
        try:
            found = histogram.read(data.decode("latin-1"))
        except DamagedRun as error:
            assert "not a histogram" in str(error)
            return
        found.curve()
        with suppress(ValueError):  # of an empty one
            found.percentile(99)

    examine()


@pytest.mark.parametrize("tool", FILES)
def test_a_damaged_file_of_another_tool_is_shown_or_named(tool, tmp_path, capfd):
    path = tmp_path / "results" / "box" / "other.json"
    path.parent.mkdir(parents=True)

    @MANY
    @given(damage.texts(json.dumps(FILES[tool])))
    def examine(data: bytes) -> None:
        path.write_bytes(data)
        check(tmp_path, ["show", str(path)], capfd, data)

    examine()


def test_a_damaged_name_of_the_latest_run_is_passed_over_or_named(tmp_path, capfd):
    folder = tmp_path / "runs" / "0001-20260101T000001Z"
    folder.mkdir(parents=True)
    probed_run.write(folder, probed_run.WORKS[:1], rounds=3)

    @MANY
    @given(damage.bytes_of(b"runs/0001-20260101T000001Z\n"))
    def examine(data: bytes) -> None:
        (tmp_path / "latest").write_bytes(data)
        check(tmp_path, ["show", "latest"], capfd, data)

    examine()
