from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports.analysis import cells, header

from ..made import Made, folder, sequential


def lines(path: Path, made: list[Made], **facts: Any) -> list[str]:
    stored = reports.read(folder(path, made, **facts))
    tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
    return list(header.lines(stored, tables))


def canary(*delivered: float, jitter: float | None = None, **more: Any) -> list[dict[str, Any]]:
    return [
        {"round": n, "cpus": 2, "delivered": one, "jitter_seconds": jitter, **more}
        for n, one in enumerate(delivered)
    ]


def test_a_round_that_was_measured_again_is_said_and_its_cpus_do_not_count(tmp_path: Path) -> None:
    found = canary(1.9, 0.4, 1.9, 2.0)
    found[1]["low"] = found[1]["replaced"] = True
    out = lines(tmp_path, [sequential([0.64] * 4)], canary=found)
    assert "1.90 of 2 CPUs usable (1.90 to 2.00)" in out[0]
    assert out[2] == "1 round measured again"


def test_rounds_with_low_cpu_are_said(tmp_path: Path) -> None:
    found = canary(1.9, 0.9, 1.9, 0.8)
    found[1]["low"] = found[3]["low"] = True
    out = lines(tmp_path, [sequential([0.64] * 4)], canary=found)
    assert out[2] == "2 of 4 rounds got too little CPU"


def test_the_jitter_is_the_median_of_those_known(tmp_path: Path) -> None:
    found = [*canary(2.0), *canary(2.0, 2.0, 2.0, jitter=0.0001)[1:]]
    found[2]["jitter_seconds"] = 0.0003
    assert "timers fire 200 us late" in lines(tmp_path, [sequential([0.64] * 3)], canary=found)


def test_without_a_jitter_there_is_no_line_for_it(tmp_path: Path) -> None:
    assert not any("timers" in line for line in lines(tmp_path, [sequential([0.64])]))


@pytest.mark.parametrize(
    ("quota", "said"),
    [(1.5, ["cgroup quota 1.50 CPUs"]), (1.0, ["cgroup quota 1.00 CPUs"]), (2.0, []), (None, [])],
)
def test_a_quota_is_said_where_it_is_less_than_the_cpus(
    tmp_path: Path, quota: float | None, said: list[str]
) -> None:
    out = lines(tmp_path, [sequential([0.64], cgroup=quota)])
    assert [line for line in out if "quota" in line] == said


def test_the_header_stays_within_its_width(tmp_path: Path) -> None:
    about = {"python": "3.15.0a1+build.12345", "implementation": "CPython", "gil": False}
    starts = [Made(s, [0.1], strategy_params={"start": s}) for s in ("fork", "forkserver", "spawn")]
    low = canary(1.9, 1.9, 1.9, jitter=0.0001, low=True)
    again = [{**one, "round": one["round"] + 3, "replaced": True} for one in low]
    out = lines(
        tmp_path, starts, environment={**about, "cpus": 2}, canary=[*low, *again], seed=2**63
    )
    assert max(map(len, out)) <= 100
    assert "timers fire 100 us late, start method fork and forkserver and spawn" in out
    assert "3 of 3 rounds got too little CPU and 3 rounds measured again" in out


def test_a_warning_of_several_lines_shows_its_first_and_its_last(tmp_path: Path) -> None:
    said = "it ended [fixture-ended]\n  Traceback\n  one\n  two\n  the end"
    out = lines(tmp_path, [sequential([0.64])], warnings=[said, ""])
    assert out[-5:-1] == ["warning: it ended [fixture-ended]", "  one", "  two", "  the end"]
