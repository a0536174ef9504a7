"""Sweeps of a stored run: what is said of an axis, in tables, frames, files and the page."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from concbench import reports
from concbench.reports import page
from concbench.reports.analysis import frames
from concbench.reports.render import summary
from concbench.reports.render.exports import rendered
from concbench.reports.run.stored import Stored
from concbench.reports.sweeps import words
from concbench.reports.sweeps.fits import Sweep, sweeps

from ..hard import usual
from ..made import Made, folder, sequential
from ..page.parsed import Parsed

WORKERS = (1, 2, 4, 8, 16, 32, 64)
TASKS = (1, 2, 4, 8, 16, 32, 64, 128)
Times = Callable[[int], float]


def rounds(seconds: float, seed: int) -> list[float | None]:
    """Six rounds: what one shares with all cells, and what is the cell's own."""
    shared, own = random.Random(1), random.Random(f"{seed}")
    return [seconds * shared.lognormvariate(0, 0.1) * own.lognormvariate(0, 0.01) for _ in range(6)]


def law(contention: float, most: float) -> Times:
    """Seconds over workers, of which `most` have the highest throughput."""
    coherency = (1 - contention) / most**2
    return lambda n: (1 + contention * (n - 1) + coherency * n * (n - 1)) / n


def over_workers(lines: dict[str, Times], workers: Sequence[int] = WORKERS) -> list[Made]:
    return [
        Made(name, rounds(times(n), 100 * at + n), workers=n, strategy_params={"workers": n})
        for at, (name, times) in enumerate(lines.items())
        for n in workers
    ]


def over_tasks(lines: dict[str, Times]) -> list[Made]:
    return [
        Made(name, rounds(times(n), 100 * at + n), tasks=n, block=block)
        for block, n in enumerate(TASKS)
        for at, (name, times) in enumerate(lines.items())
    ]


COSTS: dict[str, Times] = {
    "loop": lambda n: 0.01 * n,
    "threading": lambda n: 0.02 + 0.002 * n,  # 2.5 tasks and a loop takes as long
    "pool": lambda n: 0.1 + 0.0008 * n,  # 10.9 and a loop, 66.7 and threads
}


def run(path: Path, made: list[Made], **facts: object) -> Stored:
    return reports.read(folder(path, made, rounds_limit=6, **facts))


def only(path: Path, made: list[Made]) -> Sweep:
    (found,) = sweeps(run(path, made))
    return found


def test_a_sweep_ends_with_a_verdict_on_its_axis(tmp_path: Path) -> None:
    lines = {"threading": law(0.01, 22), "asyncio": law(0.001, 300), "gil": lambda n: 1.0}
    found = only(tmp_path, [sequential([1.0] * 6), *over_workers(lines)])
    assert words.sentence(found) == (
        "io_sleep: threading stops at 22 [21, 23] workers, asyncio does not stop up to 64 workers, "
        "gil does not scale"
    )
    assert words.sentence(found, 1).endswith("[21, 23] workers, 2 more")
    assert [words.short(one.scaling) for one in found.fits if one.scaling] == [
        *("N* beyond 64", "N* 22 [21, 23]", "does not scale")
    ]


def test_what_cannot_be_told_of_an_axis_is_said(tmp_path: Path) -> None:
    steps = {"pool": lambda n: 1 / min(n, 2), "late": law(0.05, 60)}
    found = only(tmp_path / "1", over_workers(steps))
    said = words.sentence(found)
    assert "pool gains less than 5 % beyond 2 workers" in said
    assert "late does not stop below 5" in said
    few = only(tmp_path / "2", over_workers({"a": law(0.05, 60), "b": law(0.01, 90)}, (1, 4, 16)))
    assert words.sentence(few) == "io_sleep: b and a have too few points (3, below 5)"


def test_crossovers_of_costs_are_told_where_the_lead_changes(tmp_path: Path) -> None:
    found = only(tmp_path, over_tasks(COSTS))
    said = words.sentence(found)
    assert said.startswith("io_sleep: from 3 [2, 3] tasks on, threading is faster than loop; from ")
    assert said.endswith(" tasks on, pool is faster than threading")
    assert [(one.first.name, one.other.name, one.leading) for one in found.turns] == [
        ("loop", "threading", True),
        ("loop", "pool", False),
        ("threading", "pool", True),
    ]
    for turn, truth in zip(found.turns, (2.5, 10.87, 66.7), strict=True):
        assert (turn.at.low or math.inf) <= truth <= (turn.at.high or 0.0)
    (note,) = [text for _, text in words.table(found).notes]
    assert note.endswith("tasks on, pool is faster than loop")


def test_a_cell_without_the_axis_is_a_line_that_others_cross(tmp_path: Path) -> None:
    lines = {"pool": lambda n: 2.0 / n}
    found = only(tmp_path, [sequential(rounds(0.7, 9)), *over_workers(lines)])
    (turn,) = found.turns
    assert (turn.first.name, turn.other.name, turn.leading) == ("sequential", "pool", True)
    assert (turn.at.low or 9) <= 2.0 / 0.7 <= (turn.at.high or 0)


def test_frames_and_json_have_fits_and_crossovers(tmp_path: Path) -> None:
    stored = run(tmp_path, over_workers({"threading": law(0.01, 22), "asyncio": law(0.001, 300)}))
    fits = frames.fits(stored).set_index("strategy")
    assert fits["outcome"].to_dict() == {"threading": "stops", "asyncio": "rises"}
    row = fits.loc["threading"]
    assert row["stops_low"] <= 22 <= row["stops_high"]
    assert row["contention_low"] <= 0.01 <= row["contention_high"]
    assert math.isinf(fits.loc["asyncio", "stops_low"])
    made = json.loads(rendered(stored, "json"))
    assert [one["law"] for one in made["fits"]] == list(fits["law"])
    assert {one["stops"] is None for one in made["fits"]} == {True, False}
    costs = run(tmp_path / "costs", over_tasks(COSTS))
    pool = frames.fits(costs).set_index("strategy").loc["pool"]
    assert pool["start_seconds_low"] <= 0.1 <= pool["start_seconds_high"]
    assert pool["each_seconds"] == pytest.approx(0.0008, rel=0.2)
    assert len(frames.crossovers(costs)) == 3
    assert list(json.loads(rendered(costs, "json"))["crossovers"][0]) == [
        *frames.crossovers(costs).columns
    ]


def test_a_sweep_comes_first_on_the_page_and_is_no_section_of_others(tmp_path: Path) -> None:
    lines = {"threading": law(0.01, 22), "asyncio": law(0.001, 300)}
    html = page.rendered(run(tmp_path / "1", [sequential([1.0] * 6), *over_workers(lines)]))
    found = Parsed(html)
    assert found.ids.index("sweep") < found.ids.index("block-0")
    links = [tag["href"] for tag in found.all("a")]
    assert links.index("#sweep") == links.index("#verdict") + 1
    assert "io_sleep over workers" in found.text and "22 [21, 23]" in found.text
    assert "these charts show the fastest" in found.text
    alone = Parsed(page.rendered(run(tmp_path / "2", usual())))
    assert "sweep" not in alone.ids
    assert "#sweep" not in [tag["href"] for tag in alone.all("a")]


def test_the_markdown_of_a_sweep_has_its_verdict(tmp_path: Path) -> None:
    text = summary.document(run(tmp_path, over_workers({"threading": law(0.01, 22)})))
    assert "**io\\_sleep: threading stops at 22 \\[21, 23\\] workers**" in text
