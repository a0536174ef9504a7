"""Which run a text means, and what a baseline may be called."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from concbench.cli.check import check
from concbench.cli.run import run
from concbench.errors import Exit, UsageError
from concbench.store.runs import check_new_name, located, point_latest, run_to_resume, save_baseline

IDS = ("0001-20260101T000000Z", "0002-20260102T000000Z")
RUN_NAMES = ("latest", "2", "0002", "17", IDS[1], "0017-20270101T000000Z")


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Two runs, and a baseline by each name of the second and one called main."""
    monkeypatch.chdir(tmp_path)
    results = Path(".concbench")
    for folder in (*(f"runs/{name}" for name in IDS), *(f"baselines/{name}" for name in RUN_NAMES)):
        _stored(results / folder)
    _stored(results / "baselines/main")
    point_latest(results / "runs" / IDS[1])
    return results


def _stored(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")


@pytest.mark.parametrize("text", ["latest", "2", "0002", IDS[1]])
def test_a_baseline_hides_no_run(results, text):
    assert located(results, text).resolve() == (results / "runs" / IDS[1]).resolve()
    assert run_to_resume(results, text).resolve() == (results / "runs" / IDS[1]).resolve()


@pytest.mark.parametrize("text", ["main", "17"])
def test_a_baseline_is_read_by_its_name_where_no_run_has_it(results, text):
    assert located(results, text) == results / "baselines" / text


@pytest.mark.parametrize("text", ["main", "17", ".concbench/baselines/main"])
def test_no_baseline_goes_on(results, text):
    (results / "baselines/main/journal.jsonl").touch()  # as an earlier version left it there
    with pytest.raises(UsageError, match=r"baselines/\w+ is a baseline, and only a run can be "):
        run_to_resume(results, text)


@pytest.mark.parametrize("name", RUN_NAMES)
def test_no_baseline_is_called_what_names_a_run(results, name):
    with pytest.raises(UsageError, match=f"cannot be called '{name}', which names a run"):
        check_new_name(name)
    with pytest.raises(UsageError, match=f"cannot be called '{name}', which names a run"):
        save_baseline(results / "runs" / IDS[0], name)


def test_no_baseline_is_called_as_a_run_in_the_working_directory(results):
    _stored(Path("mine"))
    with pytest.raises(UsageError, match="cannot be called 'mine'"):
        check_new_name("mine")


@pytest.mark.parametrize("name", ["main", "v2", "2.x", "3.12", "2024-06", "latest-but-one"])
def test_other_names_are_free(results, name):
    check_new_name(name)


def test_a_name_is_refused_before_anything_is_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(typer.Exit) as end:
        run(save_baseline="0002", workload=["noop"], rounds=1, quiet=True)
    assert end.value.exit_code == Exit.USAGE
    assert "cannot be called '0002'" in capsys.readouterr().err
    assert not Path(".concbench").exists()


@pytest.mark.parametrize("command", ["run", "check"])
def test_resume_refuses_a_baseline(results, command, capsys):
    with pytest.raises(typer.Exit) as end:
        {"run": run, "check": check}[command](resume="main")
    assert end.value.exit_code == Exit.USAGE
    assert "is a baseline, and only a run can be resumed" in capsys.readouterr().err
