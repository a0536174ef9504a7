"""The page in a real Chromium, opened from disk as a reader opens it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from concbench import reports
from concbench.reports import charts, page

from .. import hard, probed_run
from ..made import Made, folder
from .browser import CONTRAST, Browser, browser

pytestmark = pytest.mark.once

WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def reader() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def opened(reader: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of three workloads under six strategies, with all their probes."""
    path = tmp_path_factory.mktemp("page")
    made = [*hard.eighteen(), Made("uvloop", status="unavailable", reason="is not installed")]
    run = probed_run.probe(folder(path / "run", made))
    page.write(reports.read(run), path / "page.html")
    return path / "page.html"


def column(reader: Browser, key: str) -> list[str]:
    return reader.ask(
        """const table = document.querySelector(".workload table");
        const place = table.querySelector(`th[data-key="${arguments[0]}"]`).cellIndex;
        return [...table.tBodies[0].rows].map((row) => row.cells[place].dataset.value);""",
        key,
    )


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_from_disk_alone_without_an_error_or_a_sideways_scroll(
    reader: Browser, opened: Path, width: int, colours: str
) -> None:
    reader.requests(), reader.console()
    reader.open(opened, width, colours)
    reader.ask("window.scrollTo(0, document.documentElement.scrollHeight)")
    assert reader.console() == []
    asked = [url for url in reader.requests() if not url.startswith("data:")]
    assert asked == [opened.resolve().as_uri()]
    wide, seen = reader.ask(
        "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"
    )
    assert wide <= seen == width


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(
    reader: Browser, opened: Path, colours: str
) -> None:
    reader.open(opened, 1280, colours)
    reader.ask("for (const one of document.querySelectorAll('details')) one.open = true")
    dark = reader.ask("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, dark[4:-1].split(","))) < 384) == (colours == "dark")
    assert reader.ask(CONTRAST) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_every_chart_is_visible(reader: Browser, opened: Path, width: int) -> None:
    reader.open(opened, width)
    reader.ask("for (const one of document.querySelectorAll('details')) one.open = true")
    drawn = [one for one in charts.draw(reports.read(opened.parent / "run")) if one.svg]
    sizes = reader.ask(
        """return [...document.querySelectorAll("figure svg")].map((chart) => {
          const box = chart.getBoundingClientRect();
          const drawn = [...chart.querySelectorAll("path, rect, text")].filter(
            (shape) => shape.checkVisibility({ opacityProperty: true }));
          return [box.width, box.height, drawn.length, chart.checkVisibility()];
        })"""
    )
    assert len(sizes) == len(drawn) >= 25
    for wide, high, shapes, visible in sizes:
        assert wide > 300 and high > 80 and shapes > 10 and visible


def test_sorting_sorts_and_says_so(reader: Browser, opened: Path) -> None:
    reader.open(opened)
    click = "document.querySelector('.workload th[data-key=\"%s\"] button').click()"
    before = column(reader, "batch")
    reader.ask(click % "one-shot")
    values = [float(value) for value in column(reader, "one-shot")]
    assert values == sorted(values)
    reader.ask(click % "one-shot")
    assert [float(value) for value in column(reader, "one-shot")] == values[::-1]
    assert column(reader, "batch") != before
    headings = reader.ask(
        """return [...document.querySelectorAll(".workload table")[0].tHead.rows[0].cells]
          .filter((one) => one.ariaSort).map((one) => [one.dataset.key, one.ariaSort])"""
    )
    assert headings == [["one-shot", "descending"]]
    said = reader.ask("return document.querySelector('[role=status]').textContent")
    assert said == "Sorted by one-shot, descending"
    reader.ask(click % "strategy")
    assert column(reader, "strategy") == sorted(column(reader, "strategy"))


def test_what_has_no_number_is_sorted_last_both_ways(reader: Browser, tmp_path: Path) -> None:
    made = [*hard.usual(), Made("late", [0.05])]
    page.write(reports.read(folder(tmp_path / "run", made)), tmp_path / "page.html")
    reader.open(tmp_path / "page.html")
    for _ in range(2):
        reader.ask("document.querySelector('.workload th[data-key=\"interval\"] button').click()")
        assert column(reader, "interval")[-1] == ""
        assert all(column(reader, "interval")[:-1])


@pytest.mark.parametrize("key", ["cpu-task", "memory", "max-lag", "p99"])
def test_what_concurrency_costs_is_sortable(reader: Browser, opened: Path, key: str) -> None:
    reader.open(opened)
    for down in (False, True):
        reader.ask(f"document.querySelector('.workload th[data-key=\"{key}\"] button').click()")
        values = [float(value) for value in column(reader, key) if value]
        assert values == sorted(values, reverse=down) and len(values) >= 3
        assert all(column(reader, key)[: len(values)])  # dashes last


def test_the_table_fills_a_window_and_the_rest_is_folded_away(
    reader: Browser, opened: Path
) -> None:
    reader.open(opened)
    table = "document.querySelector('.workload .tablebox')"
    fits = f"return {table}.querySelector('.scroll').scrollWidth <= {table}.clientWidth"
    assert reader.ask(fits)
    seen = f"""return ["rate", "workers", "batch", "p99"].map((key) =>
        {table}.querySelector(`th[data-key="${{key}}"]`).checkVisibility())"""
    assert reader.ask(seen) == [False, False, True, True]
    reader.ask(f"{table}.querySelector('.columns input[name=\"rate\"]').click()")
    assert reader.ask(seen) == [True, False, True, True]


def test_hiding_hides_a_whole_column(reader: Browser, opened: Path) -> None:
    reader.open(opened)
    tick = "document.querySelector('.workload .columns input[name=\"start-up\"]').click()"
    seen = """const table = document.querySelector(".workload table");
        const place = table.querySelector('th[data-key="start-up"]').cellIndex;
        return [...table.rows].map((row) => row.cells[place].checkVisibility())"""
    assert set(reader.ask(seen)) == {True}
    reader.ask(tick)
    assert set(reader.ask(seen)) == {False}
    reader.ask(tick)
    assert set(reader.ask(seen)) == {True}


def test_the_keyboard_skips_to_the_verdict_and_sorts(reader: Browser, opened: Path) -> None:
    reader.open(opened)
    # A browser on a busy machine may not listen yet; a key that was heard moves the focus.
    for _ in range(50):
        reader.press("Tab", 9)
        if reader.ask("return document.activeElement !== document.body"):
            break
    skip = "return [document.activeElement.className, document.activeElement.offsetLeft >= 0]"
    assert reader.ask(skip) == ["skip", True]
    reader.press("Enter", 13, "\r")
    assert reader.ask("return document.activeElement.id") == "main"
    reader.ask("document.querySelector('.workload th[data-key=\"batch\"] button').focus()")
    reader.press("Enter", 13, "\r")
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert reader.ask(outline) == "solid"
    values = [float(value) for value in column(reader, "batch")]
    assert values == sorted(values)


def test_a_screen_reader_finds_landmarks_names_and_an_unbroken_outline(
    reader: Browser, opened: Path
) -> None:
    reader.open(opened)
    nodes = [node for node in reader.run("Accessibility.getFullAXTree")["nodes"] if "role" in node]
    roles = [node["role"]["value"] for node in nodes]
    assert {"banner", "navigation", "main", "contentinfo", "status"} <= set(roles)
    nameless = [
        node["role"]["value"]
        for node in nodes
        if node["role"]["value"] in ("table", "region", "button", "link", "image", "article")
        and not node["ignored"]
        and not node.get("name", {}).get("value")
    ]
    assert nameless == []
    levels = reader.ask(
        "return [...document.querySelectorAll('h1,h2,h3,h4,h5')].map((one) => +one.tagName[1])"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert reader.ask("return [...document.querySelectorAll('table')].every((one) => one.caption)")


def test_print_shows_what_is_folded_and_no_controls(reader: Browser, opened: Path) -> None:
    reader.open(opened, colours="dark")
    reader.run("Emulation.setEmulatedMedia", media="print")
    try:
        shown = """return ["nav", ".columns", ".squares", ".pairs"].map((one) =>
          document.querySelector(one).checkVisibility({ contentVisibilityAuto: true }))"""
        assert reader.ask(shown) == [False, False, True, True]
        assert reader.ask("return getComputedStyle(document.body).color") == "rgb(28, 33, 39)"
    finally:
        reader.run("Emulation.setEmulatedMedia", media="")


def test_a_phone_shows_who_and_how_much_faster_beside_each_other(
    reader: Browser, opened: Path
) -> None:
    reader.open(opened, 390)
    ends = reader.ask(
        """const table = document.querySelector(".workload table");
        const place = table.querySelector('th[data-key="speed-up"]').cellIndex;
        return [...table.tBodies[0].rows].map((row) =>
          [place, row.cells[place].getBoundingClientRect().right]);"""
    )
    assert all(place == 1 and right <= 390 for place, right in ends)


def test_a_page_shows_four_charts_a_workload_and_is_half_as_high_with_the_others_folded(
    reader: Browser, opened: Path
) -> None:
    reader.open(opened)
    high = "return document.documentElement.scrollHeight"
    folded = reader.ask(high)
    reader.ask("for (const one of document.querySelectorAll('details')) one.open = true")
    assert folded < 0.65 * reader.ask(high)
