"""What a command says of a budget: before the start if it is small, and after it what would do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import typer

from concbench import reports
from concbench.cli import outlook, stored
from concbench.cli import run as command
from concbench.cli.exit import Outcome
from concbench.cli.outlook import few_rounds, neat
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.reports.analysis import tables
from tests.reports.made import Made, folder, sequential


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3.0, "10s"), (61.0, "70s"), (120.0, "120s"), (121.0, "3m"), (7200.0, "120m"), (7201.0, "3h")],
)
def test_a_budget_is_rounded_up_to_what_one_would_write(seconds: float, text: str) -> None:
    assert neat(seconds) == text
    assert resolve({"budget": text}).seconds >= seconds


def test_a_budget_too_small_for_its_cells_is_said_with_one_that_would_do() -> None:
    assert few_rounds(36, 36, 22.0, 60.0, what="cells of short tasks") == (
        "36 cells of short tasks take about 22 s a round: 60 s allow about 2, too few to tell much:"
        " use --budget 3m"
    )
    assert "less than one" in few_rounds(200, 6, 120.0, 60.0)
    assert few_rounds(18, 6, 11.0, 60.0) == ""
    assert few_rounds(1, 1, 50.0, 60.0) == ""


def test_what_is_planned_decides_whether_the_budget_is_too_small() -> None:
    small = {"workload": ["io_sleep"], "strategy": ["sequential", "threading"]}
    many = {"workload": ["*"], "strategy": ["*"], "budget": "20s"}

    def said(given: dict[str, Any], **more: object) -> str:
        settings = resolve({**given, **more})
        return outlook.too_few_rounds(settings, plan(settings))

    assert said(small) == ""
    assert "--budget" in said(many)
    assert said(many, budget=None, rounds=2) == ""


@pytest.mark.once
def test_what_is_measured_is_never_imported_into_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take long, hang, or end the process."""
    monkeypatch.chdir(tmp_path)
    code = "import os\nopen('imported', 'a').write(f'{os.getpid()} ')\ndef work(i):\n    return i\n"
    Path("work.py").write_text(code)
    given = {"workload": ["work.py:work"], "strategy": ["sequential"], "budget": "2s"}
    command.measure({**given, "probe": ["none"]}, Outcome())
    pids = Path("imported").read_text().split()
    assert pids and str(os.getpid()) not in pids


def said(path: Path, *made: Made, **facts: object) -> list[str]:
    return list(outlook.undecided(reports.read(folder(path, made, **facts))))


NOISY = [0.1, 0.13, 0.08, 0.11, 0.12]
OPEN = (sequential(NOISY), Made("threading", [*reversed(NOISY)]))
CLEAR = (
    sequential([0.64, 0.65, 0.63], workload="clear", block=1),
    Made("threading", [0.05, 0.051, 0.049], "clear", block=1),
)


def test_an_undecided_workload_is_named_with_the_budget_that_would_probably_do(
    tmp_path: Path,
) -> None:
    (line,) = said(tmp_path, *OPEN, *CLEAR, round_seconds=2.0)
    assert line.startswith("not decided: io_sleep; --budget ")
    budget = resolve({"budget": line.split()[4]}).seconds
    stored = reports.read(tmp_path)
    rounds = next(iter(tables.blocks(stored))).conclusion.rounds_needed
    assert rounds > 5 and budget >= 2.0 * rounds


def test_the_budget_that_would_do_is_never_the_one_that_did_not(tmp_path: Path) -> None:
    """Five rounds took the whole of a minute, with all that a run does besides."""
    (line,) = said(tmp_path, *OPEN, round_seconds=2.0, budget_seconds=60.0)
    rounds = next(iter(tables.blocks(reports.read(tmp_path)))).conclusion.rounds_needed
    assert resolve({"budget": line.split()[4]}).seconds >= 60.0 * rounds / 5


def test_a_run_of_so_many_rounds_is_told_how_many_would_do(tmp_path: Path) -> None:
    (line,) = said(tmp_path, *OPEN, rounds_limit=5, round_seconds=2.0)
    assert line.startswith("not decided: io_sleep; --rounds ")


def test_no_budget_is_promised_that_a_run_cannot_have(tmp_path: Path) -> None:
    (line,) = said(tmp_path, *OPEN, round_seconds=3600.0 * 24)
    assert "too noisy for any budget" in line


def test_a_decided_run_is_told_nothing(tmp_path: Path) -> None:
    assert said(tmp_path, *CLEAR, round_seconds=2.0) == []


def test_a_margin_given_to_show_judges_a_stored_run_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = [0.1, 0.102, 0.098, 0.101, 0.099]
    made = (sequential([6.4 * one for one in times]), Made("a", times), Made("b", times[::-1]))
    run = str(folder(tmp_path / "run", made, margin=0.2))
    with pytest.raises(typer.Exit):
        stored.show(run)
    assert "a and b, equal within 20 %" in capsys.readouterr().out
    with pytest.raises(typer.Exit):
        stored.show(run, margin="0.5%")
    assert "cannot tell: " in capsys.readouterr().out


def test_workloads_with_one_way_out_are_named_together(tmp_path: Path) -> None:
    """One round decides nothing; three of 20 s begin to."""
    made = [
        one
        for block, name in enumerate(("a", "b"))
        for one in (
            sequential([1.0], workload=name, block=block),
            Made("threading", [0.5], name, block=block),
        )
    ]
    assert said(tmp_path, *made, round_seconds=20.0, budget_seconds=20.0) == [
        "not decided: a and b; --budget 60s would begin to tell"
    ]
