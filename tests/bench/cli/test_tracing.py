"""`concbench trace`: which cell is meant, and what it writes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from concbench.cli.trace import split
from concbench.errors import UsageError

from ..probes.passes import FAULTY, THIRD
from .test_chrome import check

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()", "trace"]


@pytest.mark.parametrize(
    "both",
    [
        ("io_sleep", "asyncio"),
        ("io_sleep", "asyncio+to_thread"),
        ("cpu_sum[size=1000]", "threading[workers=2]"),
        ("file.py:Name", "threading"),
        ("./some/where/file.py:Name", "threading"),
        ("/abs/file.py:Name[a=1,b=x/y]", "../other/file.py:How[workers=2]"),
        ("io_sleep", "some/where/file.py:How"),
        ("some/file.py:Name", "other/file.py:How"),
        ("package.module:Name", "package.module:How"),
        ("http_get[url=http://host/a/b]", "asyncio"),
        ("http_get[url=http://host/a/b]", "dir/file.py:How[path=/a/b]"),
    ],
)
def test_a_cell_is_parted_where_its_two_names_meet(both):
    assert split("/".join(both)) == both


@pytest.mark.parametrize("cell", ["", "io_sleep", "io_sleep/", "/asyncio", "a/b/c", "x[1/y"])
def test_what_is_no_cell_is_told_what_one_is(cell):
    with pytest.raises(UsageError, match="a cell is WORKLOAD/STRATEGY, such as io_sleep/asyncio"):
        split(cell)


@pytest.fixture
def trace(tmp_path):
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    return call


def tasks(text: str) -> list[int]:
    document = json.loads(text)
    check(document)
    return sorted(e["args"]["task"] for e in document["traceEvents"] if e["ph"] == "X")


def test_a_trace_is_written_where_it_is_wanted(trace, tmp_path):
    done = trace(f"{THIRD}:Both/threading", "--workers", "2", "-o", "here.json")
    assert done.returncode == 0, done.stderr
    assert "here.json: 8 tasks in " in done.stderr
    assert tasks((tmp_path / "here.json").read_text()) == list(range(8))


def test_a_trace_without_a_file_is_named_after_its_cell(trace, tmp_path):
    assert trace(f"{FAULTY}:Sleeping/asyncio", "--tasks", "3").returncode == 0
    assert tasks((tmp_path / "trace-Sleeping-asyncio.json").read_text()) == [0, 1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["trace-Sleeping-asyncio.json"]


def test_a_trace_goes_to_stdout_alone(trace, tmp_path):
    done = trace("io_sleep/sequential", "-P", "seconds=0.001", "--tasks", "2", "-o", "-")
    assert tasks(done.stdout) == [0, 1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["io_slep/asyncio"], "no workload 'io_slep': did you mean io_sleep?"),
        (["io_sleep/threads"], "no strategy 'threads': did you mean threading?"),
        (["io_sleep"], "a cell is WORKLOAD/STRATEGY"),
        (["io_sleep/*thread*"], "io_sleep/*thread* means"),
        (["io_sleep/threading", "-P", "workers=1,2"], "means 2 cells"),
        (["io_sleep/asyncio", "--tasks", "0"], "--tasks must be between 1 and 10,000,000, not 0"),
        ([f"{THIRD}:Misbehaving[how=raise_]/sequential", "-o", "no/file"], "cannot write no/file"),
        ([f"{THIRD}:Misbehaving[how=raise_]/sequential", "-o", ".."], "cannot write ..: it is a f"),
    ],
)
def test_a_mistake_in_a_trace_is_exit_code_2_and_one_message(trace, words, message):
    done = trace(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cell_that_fails_is_exit_code_3(trace, tmp_path):
    done = trace(f"{THIRD}:Misbehaving/threading", "-P", "how=raise_")
    assert done.returncode == 3
    assert "LookupError: nothing there (in task 2, lane lane_" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_cell_whose_tasks_were_not_seen_cannot_be_drawn(trace):
    done = trace(f"io_sleep/{FAULTY}:Lazy")
    assert done.returncode == 2
    assert "cannot be drawn: 0 of 64 tasks were seen on a lane" in done.stderr
