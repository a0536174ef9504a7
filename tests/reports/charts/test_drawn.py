from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from concbench import reports
from concbench.reports import charts
from concbench.reports.charts import Chart, style

from .. import probed_run
from ..made import Made, folder, sequential
from .hard import NAMES, RUNS, usual

pytestmark = pytest.mark.once

SVG = "{http://www.w3.org/2000/svg}"
Hard = Callable[[str], list[Chart]]
PROBED = ("gantt", "latency", "lag", "cost")
KEYS = ["grid", "speedup", "gantt", "latency", "startup", "lag", "cost", "distribution", "rounds"]
KEYS += ["sweep"]
LABELS = ("Speed-up", "Who runs when", "Slowest tasks", "Start-up", "Held-up loops", "Cost")
LABELS += ("Every round", "Over time")
HARD = ("usual", "names", "long names", "40 strategies", "one round", "sweeps", "rounds lost")
CASES = [*RUNS, *(f"{name}, probed" for name in HARD)]


def drawn(path: Path, made: list[Made], **facts: object) -> list[Chart]:
    return charts.draw(reports.read(folder(path, made, **facts)))


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Hard:
    """The charts of a hard run, drawn once."""

    def found(name: str) -> list[Chart]:
        path = tmp_path_factory.mktemp("hard")
        folder(path, RUNS[name.removesuffix(", probed")])
        if name.endswith(", probed"):
            probed_run.probe(path)
        return charts.draw(reports.read(path))

    return cache(found)


def only(found: list[Chart], key: str, block: int | None = 0) -> Chart:
    (chart,) = [chart for chart in found if chart.key == key and chart.block == block]
    return chart


def texts(chart: Chart) -> list[str]:
    return ["".join(one.itertext()) for one in ElementTree.fromstring(chart.svg).iter(f"{SVG}text")]


def joined(chart: Chart) -> str:
    return "".join("".join(texts(chart)).split())


@pytest.mark.parametrize("name", CASES)
def test_every_run_is_drawn_or_says_why_not_without_a_warning(hard: Hard, name: str) -> None:
    found = hard(name)
    assert {chart.key for chart in found} == set(KEYS) or name == "nothing"
    if name.endswith("probed"):
        assert {chart.key for chart in found if chart.svg} >= {*PROBED} - {"lag"}
    for chart in found:
        assert chart.title and "\n" not in chart.title
        assert bool(chart.svg) != bool(chart.reason)
        if not chart.svg:
            continue
        root = ElementTree.fromstring(chart.svg)
        assert root.tag == f"{SVG}svg" and root.get("role") == "img"
        title, described = root[0], root[1]
        assert (title.tag, title.text) == (f"{SVG}title", chart.title)
        assert described.tag == f"{SVG}desc" and described.text
        assert root.get("aria-labelledby") == f"{title.get('id')} {described.get('id')}"


@pytest.mark.parametrize("name", CASES)
def test_ids_are_unique_on_a_page_and_all_that_is_referred_to_is_there(
    hard: Hard, name: str
) -> None:
    page = "".join(chart.svg for chart in hard(name))
    tags = "".join(re.findall(r"<[^<>]+>", page))
    ids = re.findall(r' id="([^"]+)"', tags)
    assert len(set(ids)) == len(ids)
    assert {*re.findall(r'href="#([^"]+)"', tags), *re.findall(r"url\(#([^)]+)\)", tags)} <= {*ids}


@pytest.mark.parametrize("name", CASES)
def test_no_text_leaves_its_chart(hard: Hard, name: str) -> None:
    for chart in hard(name):
        if not chart.svg:
            continue
        root = ElementTree.fromstring(chart.svg)
        _, top, width, height = map(float, root.get("viewBox", "").split())
        for one in root.iter(f"{SVG}text"):
            look = one.get("style", "")
            size = float(re.search(r"([\d.]+)px", look)[1])
            wide = 72 * style.width("".join(one.itertext()), size, "bold" in look)
            turned = re.search(r"rotate\(-90", one.get("transform", ""))
            x, y = float(one.get("x", 0)), float(one.get("y", 0))
            share = {"middle": 0.5, "end": 1.0}.get(_anchor(look), 0.0)
            left = x if turned else x - share * wide
            assert left >= -1 and (turned or left + wide <= width + 1), "".join(one.itertext())
            assert top + size / 2 <= y <= top + height


def _anchor(look: str) -> str:
    found = re.search(r"text-anchor: (\w+)", look)
    return found[1] if found else "start"


@pytest.mark.parametrize(
    "name", ["40 strategies", "long names", "names", "sweeps", *(f"{n}, probed" for n in HARD)]
)
def test_no_text_lies_on_another(hard: Hard, name: str) -> None:
    for chart in hard(name):
        boxes = []
        for one in ElementTree.fromstring(chart.svg or "<a/>").iter(f"{SVG}text"):
            look, said = one.get("style", ""), "".join(one.itertext())
            if "rotate" in one.get("transform", "") or not said.strip():
                continue
            size = float(re.search(r"([\d.]+)px", look)[1])
            wide = 72 * style.width(said, size, "bold" in look)
            share = {"middle": 0.5, "end": 1.0}.get(_anchor(look), 0.0)
            left, base = float(one.get("x", 0)) - share * wide, float(one.get("y", 0))
            boxes.append((left, base - 0.7 * size, left + wide, base, said))
        boxes.sort(key=lambda box: box[1])
        for place, (left, _, right, base, said) in enumerate(boxes):
            for other in boxes[place + 1 :]:
                if other[1] >= base:
                    break
                apart = other[0] >= right - 1 or other[2] <= left + 1
                assert apart, (chart.key, said, other[4])


def test_charts_come_in_the_order_of_a_page(tmp_path: Path) -> None:
    found = drawn(tmp_path, [*usual(), *usual(block=1, workload="http_get")])
    assert [(chart.key, chart.block) for chart in found] == [
        ("grid", None),
        *((key, block) for block in (0, 1) for key in KEYS[1:-1] if key not in PROBED),
        *((key, None) for key in (*PROBED, "sweep")),
    ]
    probed = charts.draw(reports.read(probed_run.write(tmp_path / "probed")))
    assert [(chart.key, chart.block) for chart in probed] == [
        ("grid", None),
        *((key, block) for block in range(3) for key in KEYS[1:-1]),
        ("sweep", None),
    ]


@pytest.mark.parametrize("name", ["usual", "40 strategies, probed"])
def test_each_title_is_a_finding_of_its_own_with_three_names_at_most(hard: Hard, name: str) -> None:
    found = [chart for chart in hard(name) if chart.svg and chart.block == 0]
    assert len({chart.title for chart in found}) == len(found) >= 4
    for chart in found:
        label, _, finding = chart.title.partition(": ")
        assert label in LABELS and finding
        assert len(set(re.findall(r"strategy_\d+", finding))) <= 3
        assert chart.about and chart.title not in joined(chart)  # the page says it beside it


def test_the_title_of_a_file_is_whole_and_readable(tmp_path: Path) -> None:
    stored = reports.read(folder(tmp_path, RUNS["long names"]))
    charts.save(stored, tmp_path / "out")
    chart = only(charts.draw(stored, "speedup"), "speedup")
    (file,) = (tmp_path / "out").glob("speedup-*.svg")
    drawing = ElementTree.fromstring(file.read_text())
    said = "".join("".join(one.itertext()) for one in drawing.iter(f"{SVG}text"))
    assert "".join(chart.title.split()) in "".join(said.split())


def test_beside_a_sweep_the_other_charts_show_the_best_cell_of_each_strategy(hard: Hard) -> None:
    found = hard("sweeps")
    charts_of_first = [chart for chart in found if chart.block == 0 and chart.svg]
    assert {chart.key for chart in charts_of_first} >= {"speedup", "startup", "sweep"}
    said = " ".join(texts(only(found, "speedup")))
    assert "workers=16" in said and "workers=4" not in said
    assert "workers=16" in joined(only(found, "grid", None))


def test_names_are_text_as_they_are(hard: Hard) -> None:
    found = hard("names")
    said = joined(only(found, "speedup"))
    for name in NAMES:
        if name.isprintable():
            assert "".join(name.split()) in said
    assert "a\\nb\\x1b[31m" in said
    assert "<script" not in "".join(chart.svg for chart in found)


def test_the_same_run_gives_the_same_text_in_another_process(tmp_path: Path) -> None:
    here = "".join(chart.svg for chart in drawn(tmp_path, usual()))
    code = (
        "import sys, pathlib; from concbench import reports; from concbench.reports import charts;"
        "run = reports.read(pathlib.Path(sys.argv[1]));"
        "sys.stdout.write(''.join(chart.svg for chart in charts.draw(run)))"
    )
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-P", "-c", code, str(tmp_path)],
            env={"PYTHONHASHSEED": seed, "MPLCONFIGDIR": str(tmp_path / seed)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout == here


def test_a_readers_settings_of_matplotlib_neither_count_nor_change(tmp_path: Path) -> None:
    import matplotlib

    plain = drawn(tmp_path, usual())
    theirs = {"axes.grid": True, "font.size": 30, "svg.fonttype": "path", "lines.linewidth": 9}
    with matplotlib.rc_context(theirs):
        assert drawn(tmp_path, usual()) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_importing_loads_no_matplotlib_and_drawing_no_pyplot(tmp_path: Path) -> None:
    folder(tmp_path, usual())
    code = (
        "import sys, pathlib; from concbench import reports; from concbench.reports import charts;"
        "assert 'matplotlib' not in sys.modules; charts.colour('asyncio');"
        "charts.save(reports.read(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[1], 'out'));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path)], check=True)


def test_the_charts_of_18_cells_with_all_probes_stay_small(tmp_path: Path) -> None:
    stored = reports.read(probed_run.write(tmp_path, rounds=12))
    assert sum(len(chart.svg) for chart in charts.draw(stored)) < 450_000


def test_saved_charts_are_svg_and_png_with_names_of_their_own(tmp_path: Path) -> None:
    run = folder(tmp_path / "run", [*RUNS["names"], *usual(block=99)])
    stored = reports.read(probed_run.probe(run))
    paths = charts.save(stored, tmp_path / "new" / "out")
    assert len({path.name.lower() for path in paths}) == len(paths)
    assert {path.parent for path in paths} == {tmp_path / "new" / "out"}
    names = {path.name for path in paths}
    assert {"grid.png", "speedup-io_sleep.svg", "rounds-io_sleep.png"} <= names
    assert {f"{key}-io_sleep.{suffix}" for key in PROBED for suffix in ("svg", "png")} <= names
    for path in paths:
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")
        else:
            assert ElementTree.fromstring(path.read_text()).get("role") == "img"


def test_an_inline_chart_takes_the_pages_colour_and_a_file_brings_its_own(tmp_path: Path) -> None:
    stored = reports.read(folder(tmp_path, usual()))
    inline = only(charts.draw(stored), "speedup").svg
    charts.save(stored, tmp_path / "out")
    alone = (tmp_path / "out" / "speedup-io_sleep.svg").read_text()
    assert "currentColor" in inline and "#1f2328" not in inline
    assert "currentColor" not in alone and 'fill="#ffffff"' in alone


def test_a_folder_that_cannot_be_written_to_is_an_os_error(tmp_path: Path) -> None:
    tmp_path.joinpath("file").touch()
    with pytest.raises(OSError):
        charts.save(reports.read(folder(tmp_path / "run", usual())), tmp_path / "file")


def test_a_chart_that_is_left_out_says_why(tmp_path: Path) -> None:
    assert only(drawn(tmp_path / "1", RUNS["no reference"]), "speedup").reason == (
        "there is no reference that was measured, so no speed-up"
    )
    found = drawn(tmp_path / "2", [sequential([0.64]), Made("a", [0.1])])
    assert only(found, "rounds").reason == "one round shows no drift"
    assert "-P workers=1:64:x2" in only(found, "sweep", None).reason
    assert only(found, "cost", None).reason == "the run holds no CPU seconds"
    assert only(found, "gantt", None).reason == (
        "the run was not probed for it: concbench run --probe latency"
    )
    assert only(drawn(tmp_path / "3", []), "grid", None).reason == "the run has no cells"
