"""The sides of a run compared, and how that is shown."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from rich.console import Console
from scipy import stats

import reports
from reports import compare, frames, header, names, summary
from reports.cells import rows
from reports.errors import DamagedRun
from reports.exports import rendered
from reports.groups import blocks, grouped
from reports.sided import Against, sided
from reports.stored import Stored

from .hard import NAMES, usual
from .made import Made, sequential
from .made import sided as on_sides
from .made_sides import HERE, THERE, run, times, two


def against(stored: Stored) -> Against:
    (found,) = sided(stored)
    return found


def words(stored: Stored) -> list[str]:
    return [row.word for row in against(stored).found]


def shown(stored: Stored, width: int = 100) -> str:
    page = io.StringIO()
    summary.show(stored, Console(width=width, highlight=False, file=page))
    return page.getvalue()


def test_sides_are_paired_by_round(tmp_path: Path) -> None:
    row = against(run(tmp_path, two(1.1))).found[1]
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
    ratios = [row.ratio.estimate for one in found for row in one.found if row.ratio]
    assert ratios == pytest.approx([2, 4], rel=1e-3)


def test_p_values_are_holms_over_all_cells_of_all_sides(tmp_path: Path) -> None:
    slower = [Made("x", times(1.1, 0.5))]
    sides = {"a": [Made("x", times(1))], "b": slower}
    alone = against(run(tmp_path / "2", on_sides(sides))).found[0]
    three = sided(run(tmp_path / "3", on_sides({**sides, "c": slower})))
    assert three[0].found[0].p == pytest.approx(min(1, 2 * (alone.p or 0)))


def test_other_answers_are_other_work(tmp_path: Path) -> None:
    there = [Made("x", times(1), answer="a")]
    stored = run(tmp_path, on_sides({THERE: there, HERE: [Made("x", times(2), answer="b")]}))
    assert words(stored) == ["other work"]
    assert against(stored).found[0].ratio is None


def test_a_cell_that_one_side_could_not_measure_is_named(tmp_path: Path) -> None:
    failed = Made("x", status="failed", reason="crash")
    stored = run(tmp_path, on_sides({THERE: [Made("x", times(1))], HERE: [failed]}))
    assert words(stored) == ["missing in the other (failed)"]
    assert "failed" in shown(stored).splitlines()[-2]


def test_what_neither_side_measured_is_not_compared(tmp_path: Path) -> None:
    failed = Made("x", status="failed", reason="crash")
    stored = run(tmp_path, on_sides({THERE: [failed], HERE: [failed]}))
    assert words(stored) == []
    assert f"{HERE} against {THERE}: nothing was measured on either" in shown(stored)


def test_a_choice_of_strategies_is_compared_by_workload(tmp_path: Path) -> None:
    titles = {"strategy:a": [Made("a", times(1))], "strategy:b": [Made("b", times(2))]}
    assert [row.cell for row in against(run(tmp_path, on_sides(titles))).found] == ["io_sleep"]


def test_a_run_without_sides_compares_none(tmp_path: Path) -> None:
    stored = run(tmp_path, usual())
    assert sided(stored) == []
    assert "against" not in shown(stored)


def test_titles_name_the_side(tmp_path: Path) -> None:
    found = blocks(run(tmp_path, two()))
    assert [group.name for group in found] == [f"io_sleep, {THERE}", f"io_sleep, {HERE}"]


def test_the_size_is_named_only_where_a_side_has_several(tmp_path: Path) -> None:
    cells = [Made("x", times(1)), Made("x", times(2), tasks=128, block=1)]
    found = blocks(run(tmp_path, on_sides({THERE: cells, HERE: cells})))
    assert [group.name for group in found][:2] == [f"io_sleep x {n}, {THERE}" for n in (64, 128)]


@pytest.mark.parametrize("by", ["strategy", "none", "workload"])
def test_a_table_of_several_sides_names_each_cell_s(tmp_path: Path, by: str) -> None:
    for group in grouped(blocks(run(tmp_path, two())), by):
        assert len(set(group.names.values())) == len(group.rows)
        assert all(name.endswith((HERE, THERE)) for name in group.names.values())


def test_cells_can_be_grouped_by_side(tmp_path: Path) -> None:
    found = grouped(blocks(run(tmp_path, two())), "side")
    assert [group.name for group in found] == [f"io_sleep, {THERE}", f"io_sleep, {HERE}"]
    cells = [Made("x", times(1)), Made("x", times(2), tasks=128, block=1)]
    found = grouped(blocks(run(tmp_path, on_sides({THERE: cells, HERE: cells}))), "side")
    assert [group.name for group in found] == [THERE, HERE]
    assert [*found[0].names.values()] == ["io_sleep x 64", "io_sleep x 128"]


def test_the_header_names_sides_and_the_python_that_is_another(tmp_path: Path) -> None:
    there = [Made("x", times(1), python="3.11.7", gil=True)]
    other = [Made("x", times(1), python="3.13.0", gil=False)]
    stored = run(tmp_path, on_sides({HERE: there, "python:3.13t (3.13.0)": other}))
    said = list(header.lines(stored, [rows(stored)]))
    assert f"sides {HERE}; python:3.13t (3.13.0) on CPython 3.13.0, GIL off" in said


def test_the_gil_of_the_run_s_python_says_nothing_of_another_s(tmp_path: Path) -> None:
    about = {"gil": False, "cpus": 2, "python": "3.13.0"}
    cells = [Made("x", times(1), gil=True)]
    made = on_sides({HERE: cells, "python:3.12 (3.12.1)": cells})
    noted = [row.notes for row in rows(run(tmp_path, made, environment=about))]
    assert noted == [("an import turned the GIL on",), ()]


def test_a_comparison_fits_names_and_counts(tmp_path: Path) -> None:
    said = shown(run(tmp_path, two(1.2)))
    part = said[said.index(f"{HERE} against {THERE}: 1 slower, 1 no difference") :].splitlines()
    assert part[1].split() == ["cell", "git:main", "working", "tree", "ratio"]
    assert part[3].startswith("io_sleep / threading")
    assert part[3].split()[-4:] == ["1.20x", "[1.20,", "1.20]", "slower"]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_side_breaks_the_table(tmp_path: Path, name: str) -> None:
    cells = [sequential(times(1e-7)), Made("x", times(3600))]
    stored = run(tmp_path, on_sides({f"env:A={name}": cells, HERE: cells}))
    assert max(map(len, shown(stored).splitlines())) <= 100


@pytest.mark.parametrize(
    "read", [frames.cells, frames.processes, frames.values, frames.differences]
)
def test_every_frame_has_the_side(tmp_path: Path, read: Any) -> None:
    assert set(read(run(tmp_path / "2", two()))["side"]) == {HERE, THERE}
    assert set(read(run(tmp_path / "1", usual()))["side"]) == {""}


def test_the_frame_of_sides_holds_what_is_shown(tmp_path: Path) -> None:
    row = frames.sides(run(tmp_path, two(1.2))).set_index("strategy").loc["threading"]
    assert (row["side"], row["other_side"], row["word"]) == (THERE, HERE, "slower")
    assert row["other_seconds"] / row["seconds"] == pytest.approx(row["ratio"])
    assert row["rounds"] == 6


def test_sides_go_to_every_export_that_can_tell_them_apart(tmp_path: Path) -> None:
    stored = run(tmp_path, two(1.2))
    made = json.loads(rendered(stored, "json"))
    assert [one["title"] for one in made["run"]["sides"]] == [THERE, HERE]
    assert [one["word"] for one in made["sides"]] == ["no difference", "slower"]
    assert f'side="{THERE}"' in rendered(stored, "openmetrics")
    assert "/side=git:main_(1a2b3c4)-16 " in rendered(stored, "benchstat")
    assert f",{THERE}," in rendered(stored, "csv")


def test_pyperf_s_file_holds_one_side_and_the_message_names_theirs(tmp_path: Path) -> None:
    stored = run(tmp_path, two())
    with pytest.raises(DamagedRun, match=r"samples-2\.json: working tree"):
        rendered(stored, "pyperf")
    alone = reports.read((tmp_path / "samples-2.json").rename(tmp_path / "alone.json"))
    assert rendered(alone, "pyperf") == (tmp_path / "alone.json").read_bytes()


def test_the_working_tree_of_one_run_is_what_a_run_without_sides_measures(tmp_path: Path) -> None:
    plain = run(tmp_path / "a", [Made("threading", times(1))])
    found = compare.compared([plain, run(tmp_path / "b", two(2))])
    assert [row.word for row in found] == [
        "slower",
        *["missing in the first"] * 3,
    ]


def test_a_side_is_compared_with_that_of_the_same_name_and_what_it_was_is_said(
    tmp_path: Path,
) -> None:
    def on(exact: str) -> Stored:
        return run(tmp_path / exact, on_sides({f"git:main ({exact})": [Made("x", times(1))]}))

    runs = [on("aaaaaaa"), on("bbbbbbb")]
    assert [row.word for row in compare.compared(runs)] == ["unclear"]
    assert compare.warnings(runs) == ["bbbbbbb: git:main bbbbbbb, in aaaaaaa aaaaaaa"]
    assert list(names.called(runs).values()) == [("io_sleep, git:main (aaaaaaa)", "x")]
