"""`concbench scale`: which workers and tasks it takes, and a run of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from concbench import reports
from concbench.cli import scale as command
from concbench.cli.scale import numbers, swept, whole_waves
from concbench.errors import UsageError
from concbench.plan.cells import plan
from concbench.plan.settings import Settings, resolve


def settings(given: dict[str, object]) -> Settings:
    return resolve({key: one for key, one in swept(given).items() if key in Settings.model_fields})


@pytest.mark.parametrize(
    ("workers", "axis"),
    [(16, "1,2,4,8,16,32,64"), (2, "1,2,3,4,6,8"), (1, "1,2,3,4,6,8"), (4, "1,2,3,4,6,8,12,16")],
)
def test_workers_double_up_to_four_times_the_workload_s(workers: int, axis: str) -> None:
    assert numbers(workers) == axis


@pytest.mark.parametrize(
    ("tasks", "workers", "batch"),
    [(64, "1 2 4 8 16 32 64", 64), (16, "1 2 3 4 6 8", 24), (64, "1 2 3 4 5 6 7 8 9", 64)],
)
def test_a_batch_has_whole_waves_where_that_is_not_far_more(tasks, workers, batch) -> None:
    assert whole_waves(tasks, workers.split()) == batch


def test_what_is_not_given_comes_from_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = settings({"target": ["io_sleep"]})
    assert (found.param, found.tasks) == (("workers=1,2,4,8,16,32,64",), 64)
    assert (found.budget, found.probes) == (120.0, [])
    cells = plan(found)
    assert {cell.cell.strategy.name for cell in cells} == {*command.STRATEGIES}
    assert len(cells) == 1 + 3 * 7


def test_an_event_loop_is_left_out_where_no_work_awaits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "asyncio" not in settings({"target": ["cpu_sum"]}).strategy
    assert "asyncio" in settings({"target": ["cpu_sum", "io_sleep"]}).strategy
    assert settings({"target": ["cpu_sum"], "strategy": ["asyncio"]}).strategy == ("asyncio",)


def test_what_is_given_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("concbench.toml").write_text('budget = "20s"\nstrategy = "threading"\ntasks = 10\n')
    found = settings({"target": ["noop"], "workers": "1:9:2", "probe": ["lag"]})
    assert found.param == ("workers=1:9:2",)
    assert (found.budget, found.strategy, found.tasks) == (20.0, ("threading",), 10)
    assert found.probes == ["lag"]
    assert settings({"target": ["noop"], "tasks": 5, "rounds": 3}).tasks == 5


def test_bad_targets_and_axes_name_the_choices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="did you mean io_sleep"):
        swept({"target": ["io_slep"]})
    with pytest.raises(UsageError, match="never ends"):
        swept({"target": ["io_sleep"], "workers": "1:8:x1"})
    with pytest.raises(UsageError, match="5 numbers of workers or more, not 3, such as"):
        swept({"target": ["io_sleep"], "workers": "1,2,4"})


@pytest.mark.once
def test_a_run_ends_with_the_verdict_on_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(typer.Exit) as end:
        command.scale(
            ["io_sleep[seconds=0.002]"], ["threading"], "1:5:1", tasks=8, rounds=1, quiet=True
        )
    assert end.value.exit_code == 0
    said = capsys.readouterr().out
    assert "io_sleep: threading has too few rounds (1, below 2)" in said
    assert len(reports.read(tmp_path / ".concbench" / "latest").run.cells) == 5
