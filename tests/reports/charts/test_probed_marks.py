"""What is drawn of the probes stands where the numbers say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from concbench import reports
from concbench.reports.charts import colour, gantt, latency
from concbench.reports.charts.chart import LeftOut, NamedBlock, blocks
from concbench.reports.charts.sheet import Sheet, drawing
from concbench.reports.run.probes import Lag, Latency, Probed, Quantiles, Timeline

from ..made import Made, folder, sequential
from ..probed_run import histogram, quantiles

Draw = Callable[[NamedBlock], tuple[Sheet, str]]
Task = tuple[int, int, float, float, float]

ONE_BY_ONE = tuple((n, 0, n * 0.01, n * 0.01, (n + 1) * 0.01) for n in range(8))
"""Eight tasks of 10 ms, one after another."""


def probed(path: Path, probes: Mapping[int, Probed], count: int = 2) -> NamedBlock:
    """A block of sequential, asyncio and threading with these probes."""
    made = [sequential([0.08] * 3), Made("asyncio", [0.04] * 3), Made("threading", [0.05] * 3)]
    stored = reports.read(folder(path, made[:count]))
    return next(blocks(replace(stored, probes=probes)))


def traced(*tasks: Task, beats: tuple[tuple[float, float], ...] = ()) -> Probed:
    lanes = tuple(f"lane_{lane}" for lane in range(1 + max(task[1] for task in tasks)))
    return Probed(timeline=Timeline(lanes, tasks, beats))


def strokes(axes: Axes, strategy: str, thick: bool) -> list[tuple[float, float, float]]:
    """Start, end and height of what is drawn in a strategy's colour, bars or thin lines."""
    found = []
    for line in axes.lines:
        if to_hex(line.get_color()) == colour(strategy) and (line.get_linewidth() > 2) == thick:
            xs, ys = list(line.get_xdata()), list(line.get_ydata())
            found += [
                (xs[at], xs[at + 1], ys[at]) for at in range(len(xs) - 1) if xs[at] < xs[at + 1]
            ]
    return found


def said(sheet) -> list[str]:
    return [text.get_text() for text in sheet.figure.texts]


def test_a_task_is_a_bar_from_its_start_to_its_end_in_the_row_of_its_lane(tmp_path: Path) -> None:
    threads = [(0, 0, 0.0, 0.0, 0.04), (1, 1, 0.0, 0.01, 0.05), (2, 0, 0.0, 0.05, 0.08)]
    known = {0: traced(*ONE_BY_ONE), 2: traced(*threads)}
    sheet, description = gantt.draw(probed(tmp_path, known, 3))
    (axes,) = sheet.figure.axes
    bars = strokes(axes, "threading", thick=True)
    assert [bar[0] for bar in bars] == [0.0, 0.05, 0.01]
    assert [bar[1] for bar in bars] == pytest.approx([0.04, 0.08, 0.05], abs=3e-4)
    assert bars[0][2] == bars[1][2] < bars[2][2]
    assert len({bar[2] for bar in strokes(axes, "sequential", thick=True)}) == 1
    waits = strokes(axes, "threading", thick=False)
    assert [wait[:2] for wait in waits] == [(0.0, 0.05), (0.0, 0.01)]
    assert all(wait[2] > bar[2] for wait, bar in zip(waits, (bars[0], bars[2]), strict=True))
    assert {"sequential", "threading", "1 lane", "2 lanes", "80.0 ms"} <= {*said(sheet)}
    assert "threading 80.0 ms, 2 lanes" in description


def test_what_a_loop_runs_at_once_stands_below_each_other_in_one_lane(tmp_path: Path) -> None:
    tasks = [(n, 0, 0.0, 0.001 * n, 0.05 + 0.001 * n) for n in range(4)]
    sheet, _ = gantt.draw(probed(tmp_path, {1: traced(*tasks)}))
    (axes,) = sheet.figure.axes
    assert len({bar[2] for bar in strokes(axes, "asyncio", thick=True)}) == 4
    assert "1 lane, 4 at once" in said(sheet)
    assert sheet.title == "io_sleep: 3.8 tasks in flight under each strategy, on average"


def test_the_reference_comes_first_and_the_title_says_who_has_most_in_flight(
    tmp_path: Path,
) -> None:
    at_once = [(n, n, 0.0, 0.0, 0.01) for n in range(8)]
    sheet, _ = gantt.draw(probed(tmp_path, {0: traced(*ONE_BY_ONE), 1: traced(*at_once)}))
    places = {text.get_text(): text.get_position()[1] for text in sheet.figure.texts}
    assert places["sequential"] > places["asyncio"]
    assert sheet.title == (
        "io_sleep: 1 task in flight under sequential, 8 tasks under asyncio, on average"
    )


def test_a_beat_that_came_late_is_a_bar_as_long_as_it_was_late(tmp_path: Path) -> None:
    beats = ((0.002, 0.0), (0.072, 0.06), (0.08, 0.0001))
    sheet, _ = gantt.draw(probed(tmp_path, {1: traced(*ONE_BY_ONE, beats=beats)}))
    (axes,) = sheet.figure.axes
    (late,) = [line for line in axes.lines if line.get_linewidth() == gantt.LATE]
    assert list(late.get_xdata())[:2] == pytest.approx([0.012, 0.072])
    (ticks,) = axes.collections
    assert [one[0][0] for one in ticks.get_segments()] == [0.002, 0.072, 0.08]
    assert "lag up to 60.0 ms" in said(sheet)


def test_who_is_far_slower_is_cut_off_and_how_many_tasks_are_beyond_is_said(
    tmp_path: Path,
) -> None:
    slow = [(n, 0, n * 0.01, n * 0.01, (n + 1) * 0.01) for n in range(100)]
    fast = [(n, n, 0.0, 0.0, 0.01) for n in range(100)]
    sheet, _ = gantt.draw(probed(tmp_path, {0: traced(*slow), 1: traced(*fast)}))
    (axes,) = sheet.figure.axes
    high = axes.get_xlim()[1]
    assert 0.01 < high < 0.03
    beyond = sum(ended > high for *_, ended in slow)
    assert f"{beyond} tasks beyond" in said(sheet) and "1.00 s" in said(sheet)
    assert all(end <= high for _, end, _ in strokes(axes, "sequential", thick=True))
    assert [line.get_marker() for line in axes.lines].count(">") == 1


def test_rows_beyond_the_sixteenth_are_left_out_and_counted(tmp_path: Path) -> None:
    tasks = [(n, n, 0.0, 0.0, 0.01) for n in range(1000)]
    sheet, _ = gantt.draw(probed(tmp_path, {1: traced(*tasks)}))
    (axes,) = sheet.figure.axes
    assert len({bar[2] for bar in strokes(axes, "asyncio", thick=True)}) == 16
    assert "1,000 lanes, 16 shown" in said(sheet)


def test_two_thousand_tasks_are_a_band_of_few_bytes(tmp_path: Path) -> None:
    tasks = [(n, n % 4, 0.0, n // 4 * 0.01, (n // 4 + 1) * 0.01) for n in range(2000)]
    block = probed(tmp_path, {1: traced(*tasks)})
    with drawing("x"):
        sheet, description = gantt.draw(block)
        assert len(sheet.page_svg(description, "x")) < 20_000
    (axes,) = sheet.figure.axes
    assert len(strokes(axes, "asyncio", thick=True)) == 4
    assert "2,000 tasks" in description


def test_a_sample_says_of_how_many_tasks_it_is_and_goes_on(tmp_path: Path) -> None:
    sheet, _ = gantt.draw(probed(tmp_path, {0: traced(*ONE_BY_ONE)}))
    assert "8 of 64 tasks" in said(sheet)
    (arrow,) = [line for line in sheet.figure.axes[0].lines if line.get_marker() == ">"]
    assert 0.08 < arrow.get_xdata()[0] < 0.083


@pytest.mark.parametrize("draw", [gantt.draw, latency.draw_latency, latency.draw_lag])
def test_who_is_missing_in_a_chart_is_named_with_the_reason(tmp_path: Path, draw: Draw) -> None:
    whole = Probed(
        timeline=traced(*ONE_BY_ONE).timeline,
        latency=measured([0.01], [0.0]).latency,
        lag=late(0.1, 0.1, 0.1).lag,
    )
    why = dict.fromkeys(("timeline", "latency", "lag"), "no time was left for it")
    none = Probed(absent={"lag": "it runs no event loop"})
    known = {0: none, 1: whole, 2: Probed(absent=why)}
    sheet, _ = draw(probed(tmp_path, known, 3))
    assert sheet.about.endswith(". Not shown: threading (no time was left for it)")


def test_tasks_that_took_no_time_are_drawn(tmp_path: Path) -> None:
    sheet, _ = gantt.draw(probed(tmp_path, {1: traced((0, 0, 0.0, 0.0, 0.0))}))
    assert "0 s" in said(sheet)


def test_nobody_waited_is_drawn_as_such(tmp_path: Path) -> None:
    sheet, _ = latency.draw_latency(probed(tmp_path, {1: measured([0.01] * 9, [0.0] * 9)}))
    assert sheet.figure.axes[1].get_ylim()[1] > 0
    assert "asyncio 0 s" in said(sheet)


def measured(running: list[float], waiting: list[float]) -> Probed:
    known = [Quantiles(**quantiles(seconds)) for seconds in (waiting, running)]
    return Probed(latency=Latency(histogram(waiting), histogram(running), *known))


def test_latency_has_a_solid_line_of_running_and_a_dashed_one_of_waiting(tmp_path: Path) -> None:
    running = [0.01 * n for n in range(1, 1001)]
    waiting = [0.02 * n for n in range(1, 1001)]
    sheet, description = latency.draw_latency(probed(tmp_path, {1: measured(running, waiting)}))
    for axes, seconds, style in zip(
        sheet.figure.axes, (running, waiting), ("-", "--"), strict=True
    ):
        line = next(line for line in axes.lines if len(line.get_xdata()) > 2)
        assert line.get_linestyle() == style and line.get_color() == colour("asyncio")
        for place, value in list(zip(line.get_xdata(), line.get_ydata(), strict=True))[:-1]:
            rank = math.ceil((1 - 10**-place) * 1000)
            assert value == pytest.approx(seconds[min(999, max(0, rank - 1))], rel=0.03, abs=0.02)
        assert line.get_ydata()[-1] == pytest.approx(seconds[-1], rel=0.01)
    labels = [tick.get_text() for tick in sheet.figure.axes[1].get_xticklabels()]
    assert labels == ["0", "50", "90", "99", "99.9", "max"]
    assert "asyncio runs 5.01 s, 9.91 s, 10.0 s, waits 10.0 s, 19.8 s, 20.0 s" in description


def test_percentiles_stand_on_the_axis_of_hdr_histograms() -> None:
    assert [latency.place(q) for q in (0, 90, 99, 99.9)] == pytest.approx([0, 1, 2, 3])
    assert latency.place(50) == pytest.approx(math.log10(2))


def test_the_title_of_latency_compares_the_slowest_tasks(tmp_path: Path) -> None:
    known = {0: measured([0.01] * 9, [0.0] * 9), 1: measured([0.02] * 9, [0.01] * 9)}
    sheet, _ = latency.draw_latency(probed(tmp_path / "two", known))
    assert sheet.title == (
        "io_sleep: 99 % of tasks run within 10.0 ms under sequential, 20.0 ms under asyncio"
    )
    sheet, _ = latency.draw_latency(probed(tmp_path / "one", {1: known[1]}))
    assert sheet.title == "io_sleep: 99 % of tasks run within 20.0 ms under each strategy"


def late(p50: float, p99: float, most: float) -> Probed:
    return Probed(lag=Lag(histogram([p50, p99, most]), p50, p99, most, 1, 3))


def test_a_bar_of_lag_is_as_long_as_the_loop_was_late(tmp_path: Path) -> None:
    none = Probed(absent={"lag": "it runs no event loop"})
    sheet, description = latency.draw_lag(probed(tmp_path, {0: none, 1: late(0.001, 0.1, 0.233)}))
    (axes,) = sheet.figure.axes
    widths = [bar.get_width() for container in axes.containers for bar in container]
    assert sorted(widths) == [0.001, 0.1, 0.233]
    assert sheet.title == "io_sleep: asyncio holds its loop up for 233 ms"
    assert "asyncio 1.00 ms / 100 ms / 233 ms" in description and "sequential" not in description


def test_an_idle_loop_looks_idle(tmp_path: Path) -> None:
    sheet, _ = latency.draw_lag(probed(tmp_path, {1: late(0.0001, 0.001, 0.002)}))
    assert sheet.figure.axes[0].get_xlim()[1] > latency.BLOCKED
    assert sheet.title == "io_sleep: no loop was held up for longer than 2.00 ms"


@pytest.mark.parametrize("draw", [gantt.draw, latency.draw_latency, latency.draw_lag])
def test_a_chart_without_a_probe_says_which_or_why(tmp_path: Path, draw: Draw) -> None:
    key = {gantt.draw: "timeline", latency.draw_latency: "latency"}.get(draw, "lag")
    with pytest.raises(LeftOut, match="concbench run --probe l"):
        draw(probed(tmp_path / "none", {}))
    absent = {1: Probed(absent={key: "the pass ended early"})}
    with pytest.raises(LeftOut, match=r"^the pass ended early$"):
        draw(probed(tmp_path / "absent", absent))
    with pytest.raises(LeftOut):
        draw(probed(tmp_path / "empty", {1: Probed()}))
