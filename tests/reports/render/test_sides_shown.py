"""Runs with sides in tables, pages, charts, frames and files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from concbench import reports
from concbench.reports import charts, page
from concbench.reports.analysis import frames, header
from concbench.reports.analysis.cells import rows
from concbench.reports.analysis.tables import blocks, grouped
from concbench.reports.charts.chart import blocks as drawn_blocks
from concbench.reports.errors import DamagedRun
from concbench.reports.render import summary
from concbench.reports.render.exports import rendered
from concbench.reports.render.notebook import Run
from concbench.reports.run import schema
from concbench.reports.run.stored import Stored
from concbench.reports.sweeps.families import families

from ..hard import NAMES, usual
from ..made import Made, sequential, texts
from ..made import sided as on_sides
from ..made_sides import HERE, THERE, run, times, two
from ..page.parsed import Parsed

pytestmark = pytest.mark.once


def shown(stored: Stored, width: int = 100) -> str:
    written = io.StringIO()
    summary.show(stored, Console(width=width, highlight=False, file=written))
    return written.getvalue()


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
    noted = [texts(row) for row in rows(run(tmp_path, made, environment=about))]
    assert noted == [("an import turned the GIL on",), ()]


def test_a_comparison_fits_names_and_counts(tmp_path: Path) -> None:
    said = shown(run(tmp_path, two(1.2)))
    part = said[said.index(f"{HERE} against {THERE}: 1 slower, 1 no difference") :].splitlines()
    assert part[1].split() == ["cell", "git:main", "working", "tree", "ratio"]
    assert part[3].startswith("io_sleep / threading")
    assert part[3].split()[-5:] == ["1.20x", "[1.20,", "1.20]", "1.20x", "slower"]
    assert "geometric mean of 2 ratios 1.10x [1.10, 1.10]" in said


def test_a_column_of_an_interpreter_has_its_version_at_its_head() -> None:
    path = schema.Side("3.14.10", "python:/opt/long/path/bin/python", "3.14.10")
    assert path.heading == "3.14.10"
    assert schema.Side("git:main (1a2b3c4)", "git:main", "1a2b3c4").heading == "git:main"


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


def test_markdown_and_a_notebook_say_what_the_terminal_does(tmp_path: Path) -> None:
    stored = run(tmp_path, two(1.2))
    assert "| io\\_sleep / threading | 1.24 s | 1.49 s | 1.20x" in rendered(stored, "md")
    told = Run(stored)._repr_html_()
    assert f"{HERE} against {THERE}: 1 slower, 1 no difference" in told
    assert told.count("sides are paired by round") == 1


def test_the_page_has_a_section_of_sides_and_a_link_to_it(tmp_path: Path) -> None:
    found = Parsed(page.rendered(run(tmp_path / "2", two(1.2))))
    assert "#sides" in [tag.get("href") for tag in found.all("a")]
    assert "sides" in found.ids and len(set(found.ids)) == len(found.ids)
    assert f"{HERE} against {THERE}: 1 slower, 1 no difference" in found.text
    assert "sides" not in Parsed(page.rendered(run(tmp_path / "1", usual()))).ids


def test_two_runs_with_sides_on_a_page_have_ids_of_their_own(tmp_path: Path) -> None:
    runs = [run(tmp_path / name, two(1.2)) for name in "ab"]
    found = Parsed(page.rendered(runs))
    assert {"r1-sides", "r2-sides"} <= set(found.ids)
    assert len(set(found.ids)) == len(found.ids)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_side_becomes_markup_of_the_page(tmp_path: Path, name: str) -> None:
    def outside(side: str) -> Any:
        cells = [sequential(times(1)), Made("x", times(2))]
        made = on_sides({side: cells, HERE: cells})
        return Parsed(page.rendered(run(tmp_path / str(len(side)), made, id="r"))).outside

    assert outside(f"env:A={name}") == outside("env:A=plain")


def test_each_side_has_charts_and_sweeps_of_its_own(tmp_path: Path) -> None:
    cells = [
        Made("x", times(1 / workers), strategy_params={"workers": workers}, workers=workers)
        for workers in (1, 2, 4)
    ]
    stored = run(tmp_path, on_sides({THERE: cells, HERE: cells}))
    tables = [block.rows for block in drawn_blocks(stored)]
    swept = [family.name for family in families(tables) if family.key == "workers"]
    assert swept == [f"io_sleep, {THERE}", f"io_sleep, {HERE}"]
    files = [path.name for path in charts.save(stored, tmp_path / "charts")]
    assert len(set(files)) == len(files)
    assert {"sweep-io_sleep-working-tree-workers.svg", "grid.svg"} <= set(files)


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
