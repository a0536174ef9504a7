from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports.render.exports import rendered

from ..hard import NAMES, called
from ..made import Made, folder, sequential
from . import benchfmt
from .benchfmt import Result


def exported(path: Path, cells: list[Made], **facts: Any) -> list[Result]:
    text = rendered(reports.read(folder(path, cells, **facts)), "benchstat")
    assert isinstance(text, str)
    return benchfmt.parsed(text)


def test_each_worker_process_is_a_sample_of_its_cell(tmp_path: Path) -> None:
    threads = Made("threading", [0.04, None, 0.05], strategy_params={"workers": 16})
    found = exported(tmp_path, [sequential([0.64, 0.66]), threads])
    assert [(one.name, one.suffix, one.units) for one in found] == [
        ("Io_sleep/seconds=0.01/tasks=64/strategy=sequential", 1, {"ns/op": 640_000_000.0}),
        ("Io_sleep/seconds=0.01/tasks=64/strategy=threading/workers=16", 16, {"ns/op": 40e6}),
        ("Io_sleep/seconds=0.01/tasks=64/strategy=sequential", 1, {"ns/op": 660_000_000.0}),
        ("Io_sleep/seconds=0.01/tasks=64/strategy=threading/workers=16", 16, {"ns/op": 50e6}),
    ]
    assert found[0].configuration["python"] == "CPython 3.11.7"
    assert found[0].configuration["start-method"] == "fork"


@pytest.mark.parametrize("seconds", [1.234e-7, 3600.0])
def test_times_keep_their_digits(tmp_path: Path, seconds: float) -> None:
    (one,) = exported(tmp_path, [Made("x", [seconds])])
    assert one.units["ns/op"] == pytest.approx(seconds * 1e9, rel=1e-5)


@pytest.mark.parametrize("name", [*NAMES, "ß", "1", "中", "a\u2028b", "x-1", "A/b"])
def test_every_name_keeps_the_format_and_its_cell_apart(tmp_path: Path, name: str) -> None:
    cells, facts = called(name)
    found = exported(tmp_path, cells, **facts)
    measured = [cell for cell in cells if any(cell.seconds)]
    assert len({(one.name, one.suffix) for one in found}) == len(measured)


def test_names_that_would_become_one_are_told_apart(tmp_path: Path) -> None:
    cells = [Made("x", [1.0], workload=name) for name in ("io sleep", "io_sleep", "Io_sleep")]
    assert len({one.name for one in exported(tmp_path, cells)}) == 3


@pytest.mark.parametrize("cells", [[], [Made("x", status="failed", reason="crash")]])
def test_without_times_there_is_no_result(tmp_path: Path, cells: list[Made]) -> None:
    assert exported(tmp_path, cells) == []


def test_a_cell_that_failed_has_no_line(tmp_path: Path) -> None:
    cells = [sequential([1.0]), Made("x", [1.0], status="failed", reason="wrong answer")]
    assert len(exported(tmp_path, cells)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "Benchmarkio-1 1 2 ns/op",
        "Benchmark_io-1 1 2 ns/op",
        "BenchmarkIo 1 2 ns/op",
        "BenchmarkIo-1 1 2",
        "BenchmarkIo-1 0 2 ns/op",
        "BenchmarkIo-1 1 nan ns/op",
        "BenchmarkIo x-1 1 2 ns/op",
        "Key: value",
        "key value",
        "PASS",
    ],
)
def test_the_reader_is_strict(line: str) -> None:
    with pytest.raises(ValueError, match=r"line|a key|no |not |neither"):
        benchfmt.parsed(f"{line}\n")
