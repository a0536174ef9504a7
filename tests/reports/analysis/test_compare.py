from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from rich.console import Console
from scipy import stats

from concbench import reports
from concbench.reports.analysis import comparison, names
from concbench.reports.analysis.comparison import Compared
from concbench.reports.render import summary
from concbench.reports.run.stored import Stored
from concbench.reports.stats import intervals

from ..hard import NAMES
from ..made import Made, folder, sequential

STEADY = [1.00, 1.01, 0.99, 1.00, 1.01, 0.99]
FIXED = {"rounds_limit": 6}


def run(path: Path, made: list[Made], **facts: Any) -> Stored:
    return reports.read(folder(path, made, **{"id": path.name, **FIXED, **facts}))


def compared(runs: list[Stored]) -> list[Compared]:
    return [row for one in comparison.against_first(runs) for row in one.results]


def pair(tmp_path: Path, first: Made, other: Made, **facts: Any) -> Compared:
    (row,) = compared([run(tmp_path / "a", [first]), run(tmp_path / "b", [other], **facts)])
    return row


def times(factor: float, noise: float = 1.0) -> list[float | None]:
    return [factor * value**noise for value in STEADY]


@pytest.mark.parametrize(
    ("factor", "noise", "word"),
    [
        (1.2, 1, "slower"),
        (0.8, 1, "faster"),
        (1.0, 1, "no difference"),
        (1.02, 4, "unclear"),
        (1.0, 20, "unclear"),
    ],
)
def test_each_word_has_its_meaning(tmp_path: Path, factor: float, noise: float, word: str) -> None:
    row = pair(tmp_path, Made("x", times(1, noise)), Made("x", times(factor, noise)))
    assert row.word == word
    assert row.ratio
    assert row.ratio.estimate == pytest.approx(factor)
    assert row.other_seconds == pytest.approx(factor * (row.first_seconds or 0))


def test_two_runs_are_two_samples_and_not_paired(tmp_path: Path) -> None:
    # The same drift in both: paired, the ratio would be known exactly.
    drift = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5]
    row = pair(tmp_path, Made("x", drift), Made("x", [1.1 * value for value in drift]))
    logs = [math.log(value) for value in drift]
    shifted = [value + math.log(1.1) for value in logs]
    expected = stats.ttest_ind(shifted, logs, equal_var=False)
    assert row.p == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval(0.95)
    assert row.ratio
    assert (row.ratio.low, row.ratio.high) == pytest.approx((math.exp(low), math.exp(high)))
    assert row.word == "unclear"


def test_what_was_stored_twice_of_one_run_is_paired(tmp_path: Path) -> None:
    drift = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5]
    slower = [1.1 * value + 0.001 * (place % 2) for place, value in enumerate(drift)]
    first = run(tmp_path / "a", [Made("x", drift)], id="same")
    other = run(tmp_path / "b", [Made("x", slower)], id="same")
    (row,) = compared([first, other])
    logs = [math.log(b / a) for a, b in zip(drift, slower, strict=True)]
    half = stats.t.ppf(0.975, 5) * stdev(logs) / math.sqrt(6)
    assert row.ratio
    assert row.ratio.high == pytest.approx(math.exp(fmean(logs) + half))
    assert row.word == "slower"


def test_a_run_is_no_different_from_itself(tmp_path: Path) -> None:
    first = run(tmp_path, [Made("x", times(1, 30))])
    assert [row.word for row in compared([first, first])] == ["no difference"]


@pytest.mark.parametrize("seed", range(5))
def test_welch_is_scipys(seed: int) -> None:
    above = stats.lognorm.rvs(0.1, size=4 + seed, random_state=seed)
    below = stats.lognorm.rvs(0.4, size=9, random_state=seed + 10)
    ratio, p = intervals.welch(list(above), list(below), 0.9)
    expected = stats.ttest_ind(
        [math.log(value) for value in above], [math.log(value) for value in below], equal_var=False
    )
    low, high = expected.confidence_interval(0.9)
    assert (p, ratio.low, ratio.high) == pytest.approx(
        (expected.pvalue, math.exp(low), math.exp(high))
    )


@pytest.mark.parametrize(("factor", "word"), [(1.0, "no difference"), (1.5, "slower")])
def test_without_variance_there_is_no_doubt(tmp_path: Path, factor: float, word: str) -> None:
    row = pair(tmp_path, Made("x", [0.5, 0.5, 0.5]), Made("x", [0.5 * factor] * 3))
    assert row.word == word


@pytest.mark.parametrize("seconds", [1e-7, 3600.0])
def test_one_round_is_unclear_however_far_apart(tmp_path: Path, seconds: float) -> None:
    row = pair(tmp_path, Made("x", STEADY), Made("x", [seconds]))
    assert (row.word, row.p) == ("unclear", None)


def test_p_values_are_holms_over_all_cells_of_all_runs(tmp_path: Path) -> None:
    made = [Made(name, times(1, 3)) for name in "abc"]
    slower = [Made(name, times(1.04, 3)) for name in "abc"]
    alone = pair(tmp_path / "alone", made[0], slower[0])
    assert alone.word == "slower"
    rows = compared([run(tmp_path / "1", made), run(tmp_path / "2", slower)])
    assert rows[0].p == pytest.approx(3 * (alone.p or 0))


def test_a_run_that_could_have_stopped_at_any_look_has_a_wider_interval(tmp_path: Path) -> None:
    made = [Made("x", [*STEADY, *STEADY])]
    fixed = compared([run(tmp_path / "1", made), run(tmp_path / "2", made)])[0]
    looked = compared([run(tmp_path / "1", made), run(tmp_path / "3", made, rounds_limit=None)])[0]
    assert fixed.ratio and looked.ratio
    assert (looked.ratio.high or 0) > (fixed.ratio.high or 0)
    assert looked.misses == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("first", "other", "word"),
    [
        (("x", 64), ("x", 64), "no difference"),
        (("x", 64), ("y", 64), "other work"),
        (("x", 64), ("y", 8), "no difference"),
        (("", 64), ("y", 64), "no difference"),
    ],
)
def test_other_work_is_another_answer_to_the_same_tasks(
    tmp_path: Path, first: tuple[str, int], other: tuple[str, int], word: str
) -> None:
    runs = []
    for name, (answer, tasks) in {"a": first, "b": other}.items():
        scaled = [seconds * tasks / 64 for seconds in STEADY]
        stored = run(tmp_path / name, [Made("x", scaled, measured_tasks=tasks)])
        processes = tuple(replace(one, answer=answer) for one in stored.processes)
        runs.append(replace(stored, processes=processes))
    (row,) = compared(runs)
    assert row.word == word
    assert (row.ratio is None) == (word == "other work")


def test_what_one_side_misses_is_said_with_its_reason(tmp_path: Path) -> None:
    first = run(tmp_path / "a", [Made("x", STEADY), Made("y", STEADY), Made("z", STEADY)])
    failed = Made("y", status="failed", reason="crash")
    other = run(tmp_path / "b", [Made("w", STEADY), failed, Made("z", STEADY)])
    assert [row.word for row in compared([first, other])] == [
        "missing in b",
        "missing in b (failed)",
        "no difference",
        "missing in a",
    ]


def test_each_run_is_compared_with_the_first(tmp_path: Path) -> None:
    runs = [
        run(tmp_path / name, [Made("x", times(f))]) for name, f in [("a", 1), ("b", 2), ("c", 4)]
    ]
    rows = compared(runs)
    assert [(row.run, round(row.ratio.estimate)) for row in rows if row.ratio] == [
        ("b", 2),
        ("c", 4),
    ]


def about(**changed: Any) -> dict[str, Any]:
    usual = {"python": "3.11.7", "start_method": "fork", "hostname": "here", "packages": {"p": "1"}}
    return {"environment": {**usual, **changed}}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"python": "3.12.1"}, ["b: Python 3.12.1, in a 3.11.7"]),
        ({"start_method": "spawn"}, ["b: start method spawn, in a fork"]),
        ({"hostname": "there", "cpus": 4}, ["b: host there, in a here"]),
        ({"packages": {"p": "2", "q": "1"}}, ["b: p 2, in a 1"]),
        ({"packages": ["p"]}, []),
    ],
)
def test_each_difference_around_the_runs_is_named(
    tmp_path: Path, changed: dict[str, Any], said: list[str]
) -> None:
    first = run(tmp_path / "a", [Made("x", STEADY)], **about())
    other = run(tmp_path / "b", [Made("x", STEADY)], **about(**changed))
    assert comparison.warnings([first, other]) == said


def test_cpus_that_were_not_delivered_are_named(tmp_path: Path) -> None:
    def with_canary(name: str, delivered: float) -> Stored:
        canary = [{"round": 0, "cpus": 2, "delivered": delivered}]
        return run(tmp_path / name, [Made("x", STEADY)], canary=canary)

    first, like, unlike = with_canary("a", 1.95), with_canary("b", 1.9), with_canary("c", 1.0)
    assert comparison.warnings([first, like, unlike]) == ["c: CPUs delivered 1.00, in a 1.95"]


def shown(runs: list[Stored], width: int = 100) -> str:
    page = io.StringIO()
    summary.show_comparison(runs, Console(width=width, highlight=False, file=page))
    return page.getvalue()


def test_what_is_shown_fits_names_all_and_counts(tmp_path: Path) -> None:
    first = run(tmp_path / "a", [sequential(times(4)), Made("x", STEADY)], **about())
    other = run(
        tmp_path / "b", [sequential(times(4)), Made("x", times(2))], **about(python="3.12.1")
    )
    said = shown([first, other])
    assert "warning: b: Python 3.12.1, in a 3.11.7" in said
    assert "1 slower, 1 no difference" in said
    line = next(line for line in said.splitlines() if line.startswith("x "))
    assert line.split() == [
        "x",
        "1.00",
        "s",
        "2.00",
        "s",
        "2.00x",
        "[1.98,",
        "2.02]",
        "2.00x",
        "slower",
    ]


@pytest.mark.parametrize(
    ("factor", "said"), [(2.0, "2.00x slower"), (0.5, "2.00x faster"), (1.005, "1.0050x slower")]
)
def test_a_change_says_how_many_times(tmp_path: Path, factor: float, said: str) -> None:
    first, other = ([Made("x", [by + n * 1e-9 for n in range(6)])] for by in (1.0, factor))
    (row,) = compared([run(tmp_path / "a", first), run(tmp_path / "b", other)])
    assert comparison.change(row) == said


def test_the_geometric_mean_of_ratios_has_the_interval_of_whole_rounds(tmp_path: Path) -> None:
    made = {"a": [Made(name, times(1)) for name in "xyz"]}
    made["b"] = [Made(name, times(by)) for name, by in zip("xyz", (1.0, 2.0, 4.0), strict=True)]
    runs = [run(tmp_path / name, cells) for name, cells in made.items()]
    (one,) = comparison.against_first(runs)
    assert one.mean and one.mean.cells == 3
    assert one.mean.ratio.estimate == pytest.approx(2.0)
    # The same noise in every cell of a round: the mean is known no better than one of them.
    assert one.results[0].ratio and one.mean.ratio.high == pytest.approx(
        2 * (one.results[0].ratio.high or 0)
    )
    assert "geometric mean of 3 ratios 2.00x [1.98, 2.02]" in shown(runs)
    (alone,) = comparison.against_first([runs[0], run(tmp_path / "c", made["b"][:1])])
    assert alone.mean is None


def test_runs_files_and_baselines_head_their_columns(tmp_path: Path) -> None:
    def labels(*places: tuple[str, str]) -> list[str]:
        made = [run(tmp_path / place, [Made("x", STEADY)], id=name) for place, name in places]
        return names.labels(made)

    first, third = "0001-20261129T050000Z", "0003-20261129T060000Z"
    assert labels(("1", first), ("3", third)) == ["run 1", "run 3"]
    assert labels(("baselines/main", first), ("2", third)) == ["main", "run 3"]
    assert labels(("f", "old.json"), ("g", "new.json")) == ["old.json", "new.json"]
    assert labels(("old", "a.json"), ("new", "a.json")) == ["old/a.json", "new/a.json"]
    assert labels(("p", first), ("q", "0001-20261128T050000Z")) == [first, "0001-20261128T050000Z"]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_breaks_the_table(tmp_path: Path, name: str) -> None:
    made = [Made(name, times(1e-7)), Made("y", times(3600)), Made("z", [1.0], workload=name)]
    runs = [run(tmp_path / place, made, id=f"{place}{name}") for place in "ab"]
    assert max(map(len, shown(runs).splitlines())) <= 100


def test_forty_strategies_stand_below_each_other(tmp_path: Path) -> None:
    made = [Made(f"s{place}", times(1 + place)) for place in range(40)]
    said = shown([run(tmp_path / "a", made), run(tmp_path / "b", made)])
    assert sum(line.endswith("no difference") for line in map(str.rstrip, said.splitlines())) == 41


def test_runs_of_the_same_name_are_told_once_each(tmp_path: Path) -> None:
    runs = [
        run(tmp_path / place, [Made("x", STEADY)], id="r", seed=seed)
        for seed, place in enumerate("abc")
    ]
    assert len(compared(runs)) == 2
    assert sum(line.startswith("x ") for line in shown(runs).splitlines()) == 2


def test_nothing_measured_in_either_is_said(tmp_path: Path) -> None:
    runs = [run(tmp_path / p, [Made("x", status="failed", reason="r")]) for p in "ab"]
    assert compared(runs) == []
    assert "nothing was measured in either" in shown(runs)
