"""What is drawn stands where the numbers say."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from concbench import reports
from concbench.reports.analysis.cells import Row
from concbench.reports.charts import colour, cost, rounds, speedup, sweep
from concbench.reports.charts.chart import LeftOut, NamedBlock, blocks, overview
from concbench.reports.page import sections
from concbench.reports.run.probes import Memory, Probed
from concbench.reports.run.stored import Stored
from concbench.reports.sweeps.families import best, families
from concbench.reports.sweeps.fits import sweeps

from ..made import Made, folder, sequential
from .hard import RUNS, usual


def stored(path: Path, made: list[Made], **facts: object) -> Stored:
    return reports.read(folder(path, made, **facts))


def block(path: Path, made: list[Made], **facts: object) -> NamedBlock:
    return next(blocks(stored(path, made, **facts)))


def bars(axes) -> list[Rectangle]:
    return [bar for container in axes.containers for bar in container]


def said(sheet) -> list[str]:
    return [text.get_text() for text in sheet.figure.texts]


def test_a_bar_is_as_long_as_the_speed_up_and_has_its_strategys_colour(tmp_path: Path) -> None:
    made = [sequential([0.64] * 3, own_cpu=0.0), Made("asyncio", [0.08] * 3, own_cpu=0.0)]
    sheet, description = speedup.draw_bars(block(tmp_path, made))
    (axes,) = sheet.figure.axes
    assert [bar.get_width() for bar in bars(axes)] == pytest.approx([8.0, 1.0])
    assert [to_hex(bar.get_facecolor()) for bar in bars(axes)] == [
        colour("asyncio"),
        colour("sequential"),
    ]
    # 64 tasks of 10 ms, 16 in flight: 40 ms, which would be 16 times as fast.
    limits = [place for one in axes.collections for (place, _), _ in one.get_segments()]
    assert limits == pytest.approx([16.0, 16.0])
    assert axes.get_xlim()[0] == 0 and axes.get_xlim()[1] > 16
    assert {"asyncio", "sequential", "8.00x", "1.00x"} <= {*said(sheet)}
    assert "asyncio 8.00x; sequential 1.00x" in description


def test_an_interval_beyond_the_axis_ends_in_an_arrow(tmp_path: Path) -> None:
    sheet, _ = speedup.draw_bars(block(tmp_path, RUNS["wild"]))
    (axes,) = sheet.figure.axes
    arrows = [line for line in axes.lines if line.get_marker() == ">"]
    assert len(arrows) == 2
    assert all(line.get_xdata()[0] == axes.get_xlim()[1] for line in arrows)


def test_speed_ups_far_apart_get_bars_from_1_on_a_logarithmic_axis(tmp_path: Path) -> None:
    made = [sequential([1.0] * 3), Made("a", [10.0] * 3), Made("b", [0.001] * 3)]
    sheet, _ = speedup.draw_bars(block(tmp_path, made))
    (axes,) = sheet.figure.axes
    assert axes.get_xscale() == "log"
    ends = {round(bar.get_x() + bar.get_width(), 6) for bar in bars(axes)}
    assert ends == {1000.0, 1.0, 0.1}
    assert {bar.get_x() for bar in bars(axes)} == {1.0}


def test_every_round_is_a_point_and_no_outlier_is_lost(tmp_path: Path) -> None:
    times = [0.04, 0.041, 0.9, 0.042, 0.04]
    sheet, _ = rounds.draw_distribution(
        block(tmp_path, [Made("asyncio", times), Made("b", times[:2])])
    )
    (axes,) = sheet.figure.axes
    points = sorted(sorted(line.get_xdata()) for line in axes.lines)
    assert points == sorted([sorted(times[:2]), sorted(times)])
    low, high = axes.get_xlim()
    assert low < 0.04 and high > 0.9
    assert {line.get_marker() for line in axes.lines} >= {"D"}


def test_a_one_shot_is_stacked_beside_the_batch(tmp_path: Path) -> None:
    made = [Made("asyncio", [0.04] * 3, startup=0.03, first=0.05, close=0.01)]
    sheet, description = cost.draw_startup(block(tmp_path, made))
    (axes,) = sheet.figure.axes
    assert [bar.get_x() for bar in bars(axes)] == pytest.approx([0.0, 0.03, 0.08, 0.0])
    assert [bar.get_width() for bar in bars(axes)] == pytest.approx([0.03, 0.05, 0.01, 0.04])
    assert len({bar.get_hatch() for bar in bars(axes)[:3]}) == 3
    assert "90.0 ms / 40.0 ms" in said(sheet)
    assert "start-up 30.0 ms, first batch 50.0 ms, close 10.0 ms" in description


def test_the_grid_has_a_cell_for_each_and_the_reason_of_those_without(tmp_path: Path) -> None:
    made = [
        *usual(),
        *usual(block=1, workload="http_get"),
        Made("uvloop", status="unavailable", reason="not installed"),
        Made("uvloop", status="failed", reason="boom " * 40, block=1, workload="http_get"),
    ]
    sheet, description = speedup.draw_grid(list(blocks(stored(tmp_path, made))))
    cells = [patch for patch in sheet.figure.axes[0].patches if isinstance(patch, Rectangle)]
    assert len(cells) == 14
    words = said(sheet)
    assert {"io_sleep", "http_get", "uvloop", "1.00x"} <= {*words}
    assert "n/a: not installed" in " ".join(words)
    assert "failed (1)" in words
    assert any(word.startswith("(1) failed: boom boom") for word in words)
    assert "uvloop n/a: not installed" in description


def test_colour_in_the_grid_is_the_share_of_the_limit(tmp_path: Path) -> None:
    made = [sequential([0.64] * 3, own_cpu=0.0), Made("asyncio", [0.04] * 3, own_cpu=0.0)]
    sheet, _ = speedup.draw_grid([block(tmp_path, made)])
    drawn = [to_hex(patch.get_facecolor()) for patch in sheet.figure.axes[0].patches]
    assert sorted(drawn) == sorted(to_hex(colormaps["viridis"](share)) for share in (0.0625, 1.0))


def test_more_workloads_than_strategies_stand_downward(tmp_path: Path) -> None:
    sheet, _ = speedup.draw_grid(list(blocks(stored(tmp_path, RUNS["12 blocks"]))))
    places = {text.get_text(): text.get_position() for text in sheet.figure.texts}
    assert places["work_0"][1] > places["work_11"][1]
    assert places["sequential"][0] < places["threading"][0]


def test_an_overview_names_who_is_first_everywhere(tmp_path: Path) -> None:
    made = [
        *(sequential([0.64] * 3), Made("asyncio", [0.04] * 3)),
        *(sequential([0.1] * 3, block=1, workload="cpu"), Made("a", [0.2] * 3, "cpu", block=1)),
        Made("a", status="failed", workload="bad", block=2),
        Made("a", [0.1], workload="once", block=3),
    ]
    known = list(blocks(stored(tmp_path / "4", made)))
    assert overview(known[:3]) == (
        "io_sleep: asyncio 16.0x; cpu: sequential is fastest; bad: nothing was measured"
    )
    assert overview(known[3:]) == "once: only a was measured"
    assert overview(known) == (
        "fastest, or as good, of 4 tables: asyncio in 1 and sequential in 1; 2 without a verdict"
    )
    many = list(blocks(stored(tmp_path / "12", RUNS["12 blocks"])))
    assert overview(many).endswith("of 12 tables: threading in 12")


def scaled(seconds: Callable[[int], float], *names: str) -> list[Made]:
    """A line for each name over workers, of five rounds without noise."""
    return [
        Made(name, [seconds(n)] * 5, workers=n, strategy_params={"workers": n}, own_cpu=0)
        for name in names
        for n in (1, 2, 4, 8, 16)
    ]


def test_a_sweep_has_points_and_a_curve_for_each_strategy_and_the_limit(tmp_path: Path) -> None:
    lines = scaled(lambda n: 0.64 / n + 0.01, "asyncio", "threading")
    run = stored(tmp_path, [sequential([0.64] * 5, own_cpu=0.0), *lines])
    (swept,) = sweeps(run)
    sheet, description = sweep.draw(swept, list(blocks(run)))
    (axes,) = sheet.figure.axes
    points, curve = [line for line in axes.lines if to_hex(line.get_color()) == colour("asyncio")]
    assert list(points.get_xdata()) == [1, 2, 4, 8, 16]
    rates = [64 / (0.64 / n + 0.01) for n in (1, 2, 4, 8, 16)]
    assert list(points.get_ydata()) == pytest.approx(rates)
    assert points.get_linestyle() == "None"  # the law is the line
    across, up = curve.get_data()
    assert (across[0], across[-1]) == (1, 16)  # and never goes beyond what was measured
    assert list(up) == pytest.approx([64 / (0.64 / n + 0.01) for n in across])
    assert list(axes.lines[-1].get_ydata()) == pytest.approx([100, 200, 400, 800, 1600])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "4", "8", "16"]
    assert {"asyncio", "threading", "sequential", "limit", "N* beyond 16"} <= {*said(sheet)}
    assert "N* beyond 16" in description
    assert sheet.title == "io_sleep: asyncio and threading do not stop up to 16 workers"


def test_the_peak_is_marked_with_its_interval_and_points_with_theirs(tmp_path: Path) -> None:
    noise = [0.97, 1.01, 1.0, 1.02, 0.99]
    made = scaled(lambda n: 0.64 / n + 0.01 * (n - 1), "threading")
    made = [
        replace(cell, seconds=[(cell.seconds[0] or 0) * noise[at - place] for at in range(5)])
        for place, cell in enumerate(made)
    ]
    run = stored(tmp_path, made)
    (swept,) = sweeps(run)
    sheet, _ = sweep.draw(swept, list(blocks(run)))
    (axes,) = sheet.figure.axes
    (star,) = [line for line in axes.lines if line.get_marker() == "*"]
    assert list(star.get_xdata()) == pytest.approx([8], rel=0.05)
    assert list(star.get_ydata()) == pytest.approx([64 / 0.15], rel=0.05)
    (interval,) = [line for line in axes.lines if line.get_marker() == "|"]
    low, high = interval.get_xdata()
    assert 7 < low < star.get_xdata()[0] < high < 9
    assert sum(line.get_marker() == "_" for line in axes.lines) == 5
    assert any(text.startswith("N* 8 [") for text in said(sheet))


def test_other_charts_show_the_best_of_a_sweep(tmp_path: Path) -> None:
    made = [sequential([0.64] * 3), *scaled(lambda n: abs(n - 8) + 0.1, "asyncio", "threading")]
    found = block(tmp_path, made)
    assert {found.names[row.id] for row in found.measured} == {
        *("sequential", "asyncio[workers=8]", "threading[workers=8]")
    }
    sheet, _ = speedup.draw_grid([found])
    assert {"sequential", "asyncio", "threading"} <= {*said(sheet)}
    assert said(sheet).count("workers=8") == 2  # which of them it is
    whole = block(tmp_path / "usual", usual())
    assert best(whole.rows) == whole.names


def swept_rows(run: Stored) -> list[Sequence[Row]]:
    return [one.rows for one in blocks(run)]


def test_sweeps_are_found_within_a_block_and_across_blocks(tmp_path: Path) -> None:
    found = list(families(swept_rows(stored(tmp_path, RUNS["sweeps"]))))
    assert [(family.key, len(family.blocks)) for family in found] == [
        ("tasks", 3),
        *[("workers", 1)] * 3,
    ]
    assert sorted(line.name.partition("[")[2] for line in found[0].lines) == sorted(
        ["", *["workers=4]", "workers=16]"] * 2]
    )


@pytest.mark.parametrize("name", ["usual", "12 blocks", "names", "nothing"])
def test_a_run_without_an_axis_has_no_sweep(tmp_path: Path, name: str) -> None:
    assert not list(families(swept_rows(stored(tmp_path, RUNS[name]))))


def test_the_title_of_start_up_names_who_may_be_shortest(tmp_path: Path) -> None:
    def title(*startups: float, rounds: int = 8) -> str:
        noise = [1.0, 1.02, 0.98, 1.01, 0.99, 1.0, 1.01, 0.99]
        made = [
            Made(name, [0.04 * by for by in noise[place:] + noise[:place]][:rounds], startup=one)
            for place, (name, one) in enumerate(zip("abcdef", startups, strict=False))
        ]
        path = tmp_path / f"{startups}{rounds}"
        return cost.draw_startup(block(path, made, rounds_limit=8))[0].title

    assert title(0.1, 0.3) == "Start-up: a shortest, 140 ms"
    assert title(0.1, 0.1, 9.0) == "Start-up: a or b shortest, 140 ms"
    assert title(*[0.1] * 5, 9.0).startswith("Start-up: a, b, c or 2 more shortest, ")
    assert title(0.1, 0.1).endswith(", too noisy to say who is shortest")
    assert title(0.1, 0.3, rounds=1).endswith(", in too few rounds to say who is shortest")


def test_start_ups_of_workers_that_opened_together_are_not_ranked(tmp_path: Path) -> None:
    notes = '[{"code": "opened-together"}]'
    made = [
        Made(name, [0.04, 0.041, 0.04, 0.041], startup=startup, notes=notes)
        for name, startup in (("a", 12.0), ("b", 15.0))
    ]
    found = block(tmp_path, made, rounds_limit=4)
    title = cost.draw_startup(found)[0].title
    assert title == "Start-up: 12.0 s to 15.0 s, of workers that opened at the same time"
    assert sections._script(found.names, found.measured) == ""


def costly(path: Path, *, memory: bool = True) -> NamedBlock:
    """Three cells of 1, 2 and 3 CPU seconds and megabytes, the last of them beaten in both."""
    made = [Made("a", [4.0] * 3), Made("b", [1.0] * 3), Made("c", [2.0] * 3)]
    file = folder(path, made) / "samples.json"
    suite = json.loads(file.read_text())
    for benchmark in suite["benchmarks"]:
        benchmark["metadata"]["cb_cpu_s"] = 1.0 + benchmark["metadata"]["cb_cell"]
    file.write_text(json.dumps(suite))
    found = reports.read(path)
    probes = {cell: Probed(memory=Memory(1_000_000 * (1 + cell))) for cell in range(3)}
    return next(blocks(replace(found, probes=probes if memory else {})))


def test_cost_joins_what_nothing_beats_in_both(tmp_path: Path) -> None:
    sheet, description = cost.draw_cost(costly(tmp_path))
    (axes,) = sheet.figure.axes
    front, *points = axes.lines
    assert [list(front.get_xdata()), list(front.get_ydata())] == [[1.0, 2.0], pytest.approx([4, 1])]
    sizes = {line.get_xdata()[0]: line.get_markersize() for line in points}
    assert (sizes[3.0] / sizes[1.0]) ** 2 == pytest.approx(3)
    assert "b 2.0 MB" in said(sheet)
    assert "b 2.0 MB: 1.00 s, CPU 2.00 s" in description
    assert sheet.title == "Cost: as measured, nothing beats a and b in both time and CPU"


def test_cost_without_memory_shows_points_of_one_size(tmp_path: Path) -> None:
    sheet, _ = cost.draw_cost(costly(tmp_path, memory=False))
    assert len({line.get_markersize() for line in sheet.figure.axes[0].lines[1:]}) == 1
    assert "b" in said(sheet)


def test_cost_needs_cpu_seconds(tmp_path: Path) -> None:
    with pytest.raises(LeftOut, match="no CPU seconds"):
        cost.draw_cost(block(tmp_path, usual()))


def test_start_up_that_was_not_recorded_is_left_out(tmp_path: Path) -> None:
    """As of files that others wrote."""
    whole = stored(tmp_path, [Made("a", [0.1] * 3), Made("b", [0.1] * 3)])

    def without(*cells: int) -> NamedBlock:
        lost = (
            replace(one, startup_seconds=float("nan")) if one.cell in cells else one
            for one in whole.processes
        )
        return next(blocks(replace(whole, processes=tuple(lost))))

    sheet, _ = cost.draw_startup(without(0))
    assert "b" in said(sheet) and "a" not in said(sheet)
    with pytest.raises(LeftOut, match="no start-up"):
        cost.draw_startup(without(0, 1))
