from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from concbench import reports
from concbench.reports import history, page
from concbench.reports.charts.history import _LEFT, WIDE, draw, save
from concbench.reports.charts.style import EDGE
from concbench.reports.errors import UnknownName
from concbench.reports.history import marks
from concbench.reports.history.series import Series, select
from concbench.reports.history.series import series as series_of
from concbench.reports.render import history as rendered

from ..made import Made, sequential
from ..page.parsed import Parsed
from .past_runs import MACHINE, cells, run, runs, steps

STEP = [0.1] * 8 + [0.112] * 8
TWO = [0.1] * 8 + [0.13] * 8 + [0.1] * 8


def shown(found: list[Series], show: Any = rendered.runs, width: int = 100) -> str:
    said = io.StringIO()
    show(found, Console(file=said, width=width, highlight=False))
    assert max(map(len, said.getvalue().splitlines())) <= width
    return said.getvalue()


def series(folders: list[Path], **more: Any) -> list[Series]:
    return series_of(history.read(folders)[0], **more)


def test_the_times_are_those_that_a_whole_reading_gives(tmp_path: Path) -> None:
    made = [
        sequential([1.0, 2.0, 3.0], measured_tasks=16),
        Made("threading", [0.1, None, 0.3], client="x", notes="a | b", metrics={"n": 1}),
        Made("failed", [0.1], status="failed"),
        Made("asyncio", [0.5, 0.6, 0.7], workload="other", block=1),
    ]
    canary = [{"round": 2, "cpus": 2, "delivered": 1.0, "replaced": True}]
    folder = run(tmp_path, 1, made, canary=canary)
    stored, past = reports.read(folder), history.read_one(folder)
    assert past.run == stored.run
    for seen in past.cells:
        processes = stored.of(seen.planned.id)
        assert dict(seen.times) == {one.round: one.seconds for one in processes}
    assert [seen.planned.strategy.name for seen in past.cells] == [
        *("sequential", "threading", "asyncio")
    ]


def test_what_all_processes_share_stands_once_in_a_suite_and_counts_for_each(
    tmp_path: Path,
) -> None:
    folder = run(tmp_path, 1, [Made("threading", [0.1, 0.2], tasks=8)])
    assert "cb_tasks" in json.loads((folder / "samples.json").read_text())["metadata"]
    assert dict(history.read_one(folder).cells[0].times) == {0: 0.1, 1: 0.2}


def test_a_cell_has_one_number_and_interval_a_run_oldest_first(tmp_path: Path) -> None:
    folders = [run(tmp_path, number, cells(0.1 * number)) for number in (3, 1, 2)]
    (one,) = [one for one in series(folders) if one.cell.strategy.name == "threading"]
    assert [point.run for point in one.points] == ["0001", "0002", "0003"]
    assert one.estimates == pytest.approx([0.1, 0.2, 0.3], rel=1e-4)
    for point in one.points:
        assert point.batch.low and point.batch.high
        assert point.batch.low < point.batch.estimate < point.batch.high
        assert point.share
        assert point.share.estimate == pytest.approx(point.batch.estimate)
    assert one.points[0].revision.startswith("0000001")


@pytest.mark.parametrize(
    ("fact", "value", "apart", "relative_apart"),
    [
        ("cpu_model", "Another", True, False),
        ("cpus", 8, True, True),
        ("python", "3.13.0", True, True),
        ("gil", False, True, True),
        ("cgroup_cpus", 1.5, True, True),
        ("hostname", "elsewhere", False, False),
        ("platform", "Linux-7", False, False),
    ],
)
def test_only_runs_on_the_same_kind_of_machine_are_one_series(
    tmp_path: Path, fact: str, value: Any, apart: bool, relative_apart: bool
) -> None:
    folders = [
        run(tmp_path, 1, cells(0.1)),
        run(tmp_path, 2, cells(0.2), environment={**MACHINE, fact: value}),
    ]
    assert len(series(folders)) == (4 if apart else 2)
    assert len(series(folders, relative=True)) == (2 if relative_apart else 1)


def test_other_parameters_are_another_cell(tmp_path: Path) -> None:
    folders = [
        run(tmp_path, 1, [Made("threading", [0.1] * 3, strategy_params={"workers": 4})]),
        run(tmp_path, 2, [Made("threading", [0.2] * 3, strategy_params={"workers": 8})]),
    ]
    assert [one.name for one in series(folders)] == [
        "io_sleep / threading[workers=8]",
        "io_sleep / threading[workers=4]",
    ]


def test_a_relative_series_does_not_see_what_slows_the_reference_too(tmp_path: Path) -> None:
    folders = [
        run(tmp_path, number, cells(factor * 0.1, number, reference=factor))
        for number, factor in enumerate([1.0] * 8 + [1.5] * 8, start=1)
    ]
    absolute, relative = series(folders), series(folders, relative=True)
    assert all(one.changes for one in absolute)
    assert [one.cell.strategy.name for one in relative] == ["threading"]
    assert not relative[0].changes
    assert "speed-up" in shown(relative)


def test_a_baseline_is_a_run_too_and_a_copy_of_one_counts_once(tmp_path: Path) -> None:
    first, second = runs(tmp_path, [0.1, 0.1])
    copied = tmp_path / "baselines" / "main"
    other = tmp_path / "baselines" / "old"
    shutil.copytree(first, copied)
    shutil.copytree(run(tmp_path / "elsewhere", 3, cells(0.1)), other)
    found = series([first, second, copied, other])
    assert [point.run for point in found[0].points] == ["0001", "0002", "old"]


def test_a_change_says_by_how_much_and_since_which_revision(tmp_path: Path) -> None:
    (one,) = steps(tmp_path, STEP)
    (change,) = one.changes
    assert (change.at, change.word) == (8, "slower")
    assert change.ratio == pytest.approx(1.12, rel=0.005)
    lines = [line for line in shown([one]).splitlines() if "<-" in line]
    (line,) = lines
    assert line.startswith("0009") and line.endswith("<- slower +12 % since 0000009")


def test_what_got_faster_is_said_so(tmp_path: Path) -> None:
    (one,) = steps(tmp_path, TWO)
    assert [change.word for change in one.changes] == ["slower", "faster"]
    assert "faster -23 % since 0000017" in shown([one])


def test_other_answers_are_other_work_and_not_slower(tmp_path: Path) -> None:
    folders = runs(tmp_path, STEP)
    for number, folder in enumerate(folders):
        path = folder / "samples.json"
        suite = json.loads(path.read_text())
        suite.setdefault("metadata", {})["cb_answer"] = "old" if number < 8 else "new"
        path.write_text(json.dumps(suite))
    (one,) = [one for one in series(folders) if one.cell.strategy.name == "threading"]
    assert one.changes[0].word == "other work"
    assert "the answers differ" in shown([one])


def test_what_else_changed_with_the_revision_is_said(tmp_path: Path) -> None:
    old, new = ({**MACHINE, "packages": {"requests": version}} for version in ("2.1", "2.2"))
    folders = [
        run(tmp_path, number, cells(each, number), environment=old if number < 9 else new)
        for number, each in enumerate(STEP, start=1)
    ]
    (one,) = [one for one in series(folders) if one.cell.strategy.name == "threading"]
    assert one.changes[0].around == ("requests 2.1 -> 2.2",)
    assert "new with 0009: requests 2.1 -> 2.2" in shown([one])


def test_uncommitted_changes_are_marked_and_explained(tmp_path: Path) -> None:
    dirty = {"revision": "c" * 40, "branch": "main", "dirty": True}
    found = series([run(tmp_path, 1, cells(0.1), git=dirty)])
    said = shown(found)
    assert "ccccccc*" in said and "*: with uncommitted changes" in said


def test_without_a_revision_a_change_is_since_a_run(tmp_path: Path) -> None:
    folders = runs(tmp_path, STEP, git=None)
    (one,) = [one for one in series(folders) if one.cell.strategy.name == "threading"]
    assert "<- slower +12 % since run 0009" in shown([one])


def test_few_runs_are_said_to_be_too_few(tmp_path: Path) -> None:
    assert "too few runs to tell a change from noise" in shown(steps(tmp_path, [0.1, 0.2]))
    assert "no change that lasts 3 runs" in shown(steps(tmp_path / "more", [0.1] * 12))


@pytest.mark.parametrize("width", [100, 60, 200])
def test_a_table_keeps_to_its_width(tmp_path: Path, width: int) -> None:
    (one,) = steps(tmp_path, TWO)
    if width >= 100:
        assert "<- slower +30 % since 0000009" in shown([one], width=width)
    overview = shown([one], rendered.overview, width)
    assert "io_sleep / threading" in overview or width < 100


def test_the_plot_shows_slower_runs_further_right(tmp_path: Path) -> None:
    (one,) = steps(tmp_path, STEP)
    places = [line.index("o") for line in marks.plotted(one, 20)]
    assert max(places[:8]) < min(places[8:])
    assert all(0 <= place < 20 for place in places)


def test_noise_is_not_blown_up_to_fill_the_plot(tmp_path: Path) -> None:
    (one,) = steps(tmp_path, [0.1] * 10)
    places = [line.index("o") for line in marks.plotted(one, 21)]
    assert max(places) - min(places) <= 2


def test_the_overview_has_a_line_a_cell_with_its_last_change(tmp_path: Path) -> None:
    runs(tmp_path, TWO)
    said = shown(series(sorted((tmp_path / "runs").iterdir())), rendered.overview)
    (line,) = [line for line in said.splitlines() if "threading" in line]
    assert line.split()[3:6] == ["24", "99.8", "ms"]
    assert line.endswith("faster -23 % since 0000017")
    (other,) = [line for line in said.splitlines() if "sequential" in line]
    assert other.rstrip().endswith("-")


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("io_sleep / threading", ["threading"]),
        ("io_sleep/threading", ["threading"]),
        ("io_sleep[seconds=0.01]/threading", ["threading"]),
        ("thread", ["threading", "asyncio+to_thread"]),
        ("*+*", ["asyncio+to_thread"]),
        ("io_sleep/?????????", ["threading"]),
        ("IO_SLEEP", ["sequential", "threading", "asyncio+to_thread"]),
        ("io_sleep{'seconds': 0.01} x 64 / threading{}", ["threading"]),
    ],
)
def test_a_cell_is_meant_by_name_pair_pattern_or_part(
    tmp_path: Path, wanted: str, names: list[str]
) -> None:
    made = [sequential([1.0]), Made("threading", [0.1]), Made("asyncio+to_thread", [0.2])]
    found = select(series([run(tmp_path, 1, made)]), wanted)
    assert [one.cell.strategy.name for one in found] == names


@pytest.mark.parametrize("wanted", ["io_slep/threading", "io_sleep[seconds=9]/threading", "[*"])
def test_an_unknown_cell_is_answered_with_those_there_are(tmp_path: Path, wanted: str) -> None:
    found = series(runs(tmp_path, [0.1]))
    with pytest.raises(UnknownName) as error:
        select(found, wanted)
    assert "io_sleep / sequential, io_sleep / threading" in str(error.value)


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("run.json", '{"schema": 99}', "newer concbench"),
        ("run.json", "{", "not JSON"),
        ("samples.json", "{", "damaged"),
        ("samples.json", '{"benchmarks": [{"runs": [{"values": ["x"]}]}]}', "damaged"),
        ("samples.json", None, "cannot be read"),
    ],
)
def test_a_run_that_cannot_be_read_costs_only_itself(
    tmp_path: Path, file: str, content: str | None, why: str
) -> None:
    folders = runs(tmp_path, [0.1, 0.1, 0.1])
    path = folders[1] / file
    path.unlink() if content is None else path.write_text(content)
    found, skipped = history.read(folders)
    assert [one.name for one in found] == ["0001", "0003"]
    (said,) = skipped
    assert said.startswith(folders[1].name) and why in said and "\n" not in said


def test_of_a_run_with_sides_the_working_tree_counts(tmp_path: Path) -> None:
    folder = run(tmp_path, 1, [Made("asyncio", [0.1] * 3), Made("threading", [0.9] * 3)])
    path = folder / "run.json"
    told = json.loads(path.read_text())
    sides = ("git:main (1a2b3c4)", "git:main"), ("working tree (2b3c4d5)", "working tree")
    files = "samples-2.json", "samples.json"
    told["sides"] = [
        {"title": title, "name": name, "samples": file}
        for (title, name), file in zip(sides, files, strict=True)
    ]
    for cell, (title, _) in zip(told["cells"], sides, strict=True):
        cell["side"], cell["pair"] = title, 0
    path.write_text(json.dumps(told))
    (seen,) = history.read_one(folder).cells
    assert (seen.planned.strategy.name, seen.planned.side) == ("threading", "")
    assert dict(seen.times) == {0: 0.9, 1: 0.9, 2: 0.9}


def test_records_hold_what_the_table_shows(tmp_path: Path) -> None:
    found = steps(tmp_path, STEP)
    document = json.loads(json.dumps(marks.document(found, ["0007 (damaged)"])))
    (one,) = document["series"]
    assert document["skipped"] == ["0007 (damaged)"]
    assert [point["name"] for point in one["runs"]] == [f"{n:04d}" for n in range(1, 17)]
    assert one["changes"][0]["since"] == one["runs"][8]["run"]
    assert one["changes"][0]["ratio"] == pytest.approx(1.12, rel=0.005)


def test_the_chart_marks_changes_in_the_looks_of_the_others(tmp_path: Path) -> None:
    (one,) = steps(tmp_path, TWO)
    chart = draw([one])
    root = ElementTree.fromstring(chart.svg)
    said = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "slower +30 % since 0000009" in said and "faster -23 % since 0000017" in said
    assert chart.title == "io_sleep / threading: faster -23 % since 0000017"
    assert "#0a5bf6" in chart.svg and "currentColor" in chart.svg
    dashed = re.findall(r'<path d="M([\d.]+) [^>]*stroke-dasharray', chart.svg)
    left, wide = 72 * (EDGE + _LEFT), 72 * WIDE
    assert [(float(x) - left) / wide for x in dashed] == pytest.approx([1 / 3, 2 / 3], abs=0.01)


def test_a_saved_chart_is_what_its_name_says(tmp_path: Path) -> None:
    found = series(runs(tmp_path, STEP))
    save(found, tmp_path / "a.svg")
    save(found, tmp_path / "b.PNG")
    assert ElementTree.fromstring((tmp_path / "a.svg").read_text()).get("role") == "img"
    assert (tmp_path / "b.PNG").read_bytes().startswith(b"\x89PNG")


def test_every_run_is_a_dot_in_the_picture_too(tmp_path: Path) -> None:
    from matplotlib.image import imread

    # One round has no interval, and a level is pale: only dots have the full colour.
    folders = [run(tmp_path, number, [Made("threading", [0.1])]) for number in range(1, 25)]
    save(series(folders), tmp_path / "a.png")
    seen = (255 * imread(tmp_path / "a.png")[..., :3]).round().astype(int)
    assert (seen == [0x0A, 0x5B, 0xF6]).all(axis=-1).sum() > 24 * 50


def test_of_many_runs_a_chart_may_show_the_latest_alone(tmp_path: Path) -> None:
    (one,) = steps(tmp_path, TWO)
    chart = draw([one], latest=10)
    assert "latest 10 of 24 runs" in chart.svg
    assert "since 0000017" in chart.svg.partition("</desc>")[2]
    assert "since 0000009" not in chart.svg.partition("</desc>")[2]
    assert len(chart.svg) < len(draw([one]).svg)


def test_names_from_anywhere_are_drawn_and_shown(tmp_path: Path) -> None:
    names = ["a\nb\x1b[31m", "<script>", "日本", "$x^2$", "x" * 120]
    found = series(
        [run(tmp_path, number, [Made(name, [0.1] * 3) for name in names]) for number in (1, 2)]
    )
    assert "<script>" not in draw(found).svg
    ElementTree.fromstring(draw(found).svg)
    said = io.StringIO()
    rendered.overview(found, Console(file=said, width=100))
    assert "\x1b" not in said.getvalue()


def test_the_page_has_a_history_where_it_is_given_one(tmp_path: Path) -> None:
    folders = runs(tmp_path, TWO)
    stored = reports.read(folders[-1])
    found = Parsed(page.rendered(stored, series(folders)))
    assert "history" in found.ids and "faster -23 % since 0000017" in found.text
    assert len(set(found.ids)) == len(found.ids)
    assert "history" not in Parsed(page.rendered(stored)).ids


def test_a_history_makes_a_page_of_six_cells_little_heavier(tmp_path: Path) -> None:
    made = [
        [
            sequential([1.0 * factor] * 3),
            *(Made(f"s{place}", [0.1 * factor] * 3) for place in range(5)),
        ]
        for factor in (1.0, 1.01)
    ]
    folders = [run(tmp_path, number, made[number % 2]) for number in range(1, 29)]
    stored = reports.read(folders[-1])
    more = len(page.rendered(stored, series(folders))) - len(page.rendered(stored))
    assert more < 45_000
