"""The sides of a run, each against the first."""

from __future__ import annotations

import io
import math
from pathlib import Path
from statistics import fmean, stdev

import pytest
from rich.console import Console
from scipy import stats

from concbench.reports.analysis import comparison, names
from concbench.reports.analysis.comparison import Against, sided
from concbench.reports.render import summary
from concbench.reports.run.stored import Stored

from ..hard import usual
from ..made import Made
from ..made import sided as on_sides
from ..made_sides import HERE, THERE, run, times, two


def against(stored: Stored) -> Against:
    (found,) = sided(stored)
    return found


def words(stored: Stored) -> list[str]:
    return [row.word for row in against(stored).results]


def shown(stored: Stored, width: int = 100) -> str:
    written = io.StringIO()
    summary.show(stored, Console(width=width, highlight=False, file=written))
    return written.getvalue()


def test_sides_are_paired_by_round(tmp_path: Path) -> None:
    row = against(run(tmp_path, two(1.1))).results[1]
    both = zip(times(1.1), times(1), strict=True)
    logs = [math.log(here / there) for here, there in both if here and there]
    half = stats.t.ppf(0.975, 5) * stdev(logs) / math.sqrt(6)
    assert row.ratio
    assert row.ratio.estimate == pytest.approx(math.exp(fmean(logs)))
    assert row.ratio.high == pytest.approx(math.exp(fmean(logs) + half))
    assert row.word == "slower"


def test_each_side_is_compared_with_the_first(tmp_path: Path) -> None:
    made = on_sides({title: [Made("x", times(f))] for title, f in (("a", 1), ("b", 2), ("c", 4))})
    found = sided(run(tmp_path, made))
    assert [one.title for one in found] == ["b against a", "c against a"]
    ratios = [row.ratio.estimate for one in found for row in one.results if row.ratio]
    assert ratios == pytest.approx([2, 4], rel=1e-3)


def test_p_values_are_holms_over_all_cells_of_all_sides(tmp_path: Path) -> None:
    slower = [Made("x", times(1.1, 0.5))]
    sides = {"a": [Made("x", times(1))], "b": slower}
    alone = against(run(tmp_path / "2", on_sides(sides))).results[0]
    three = sided(run(tmp_path / "3", on_sides({**sides, "c": slower})))
    assert three[0].results[0].p == pytest.approx(min(1, 2 * (alone.p or 0)))


def test_other_answers_are_other_work(tmp_path: Path) -> None:
    there = [Made("x", times(1), answer="a")]
    stored = run(tmp_path, on_sides({THERE: there, HERE: [Made("x", times(2), answer="b")]}))
    assert words(stored) == ["other work"]
    assert against(stored).results[0].ratio is None


def test_a_cell_that_one_side_could_not_measure_is_named(tmp_path: Path) -> None:
    failed = Made("x", status="failed", reason="crash")
    stored = run(tmp_path, on_sides({THERE: [Made("x", times(1))], HERE: [failed]}))
    assert words(stored) == [f"missing in {HERE} (failed)"]
    assert "failed" in shown(stored).splitlines()[-2]


def test_what_neither_side_measured_is_not_compared(tmp_path: Path) -> None:
    failed = Made("x", status="failed", reason="crash")
    stored = run(tmp_path, on_sides({THERE: [failed], HERE: [failed]}))
    assert words(stored) == []
    assert f"{HERE} against {THERE}: nothing was measured on either" in shown(stored)


def test_a_choice_of_strategies_is_compared_by_workload(tmp_path: Path) -> None:
    titles = {"strategy:a": [Made("a", times(1))], "strategy:b": [Made("b", times(2))]}
    assert [row.cell for row in against(run(tmp_path, on_sides(titles))).results] == ["io_sleep"]


def test_a_run_without_sides_compares_none(tmp_path: Path) -> None:
    stored = run(tmp_path, usual())
    assert sided(stored) == []
    assert "against" not in shown(stored)


def test_the_working_tree_of_one_run_is_what_a_run_without_sides_measures(tmp_path: Path) -> None:
    plain = run(tmp_path / "a", [Made("threading", times(1))])
    (found,) = comparison.against_first([plain, run(tmp_path / "b", two(2))])
    assert [row.word for row in found.results] == ["slower", *["missing in a"] * 3]


def test_a_side_is_compared_with_that_of_the_same_name_and_what_it_was_is_said(
    tmp_path: Path,
) -> None:
    def on(exact: str) -> Stored:
        return run(tmp_path / exact, on_sides({f"git:main ({exact})": [Made("x", times(1))]}))

    runs = [on("aaaaaaa"), on("bbbbbbb")]
    assert [row.word for row in comparison.against_first(runs)[0].results] == ["unclear"]
    assert comparison.warnings(runs) == ["bbbbbbb: git:main bbbbbbb, in aaaaaaa aaaaaaa"]
    assert list(names.of_runs(runs).values()) == [("io_sleep, git:main (aaaaaaa)", "x")]
