from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from concbench import reports
from concbench.reports import numbers
from concbench.reports.render.exports import rendered
from concbench.reports.table import escaped

from ..hard import NAMES, called
from ..made import Made, folder, sequential

GITHUB = (
    "@octocat",
    "a@b.example",
    "#1",
    "https://example.org",
    "www.example.org",
    "![x](https://example.org/x.png)",
    "[x](javascript:alert(1))",
    "[x]: https://example.org",
    "a | b \\| c",
    "a\\",
    "`code` **bold** _em_ ~~no~~",
    "# heading\n\n- list\n\n| a |\n|---|",
    "$x$",
    "1. one",
    "1) one",
    "- one",
    "+",
    "&lt;b&gt;",
    "<!-- ",
    "```",
    "---",
)
OURS = {"h2", "p", "br", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


class Page(HTMLParser):
    """The elements of a page and, without their markup, its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.texts: list[str] = []
        self.open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.open = tag
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.open = ""

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open in ("td", "th"):
            self.tables[-1][-1][-1] += data

    def handle_comment(self, data: str) -> None:
        self.elements.append("!--")


def page(path: Path, cells: list[Made], form: str = "md", **facts: Any) -> Page:
    said = rendered(reports.read(folder(path, cells, **facts)), form)
    assert isinstance(said, str)
    return Page(MarkdownIt("commonmark").enable("table").enable("strikethrough").render(said))


def test_the_table_is_that_of_the_terminal(tmp_path: Path) -> None:
    cells = [sequential([0.64, 0.64]), Made("threading", [0.04, 0.04]), Made("x", status="failed")]
    found = page(tmp_path, cells)
    ((head, first, second),) = found.tables
    assert head[:5] == ["rank", "strategy", "batch", "\u00b1", "speed-up"]
    assert first[:5] == ["1", "threading", "40.0 ms", "0%", "16.0x"]
    assert second[:3] == ["2", "sequential", "640 ms"]
    assert "x failed" in found.texts
    assert any(
        said.startswith("io_sleep: threading is fastest, 16.0x sequential") for said in found.texts
    )


@pytest.mark.parametrize("name", [*NAMES, *GITHUB])
@pytest.mark.parametrize("form", ["md", "github"])
def test_no_name_becomes_markup(tmp_path: Path, name: str, form: str) -> None:
    cells, facts = called(name)
    found = page(tmp_path, cells, form, **facts)
    assert set(found.elements) <= OURS
    assert len(found.tables) == 2
    assert all(len(row) == len(table[0]) for table in found.tables for row in table)
    strategies = [row[1].replace("\u200b", "") for row in found.tables[1]]
    assert numbers.printable(name, "utf-8").strip() in strategies


@pytest.mark.parametrize("name", ["@octocat", "https://example.org", "WWW.example.org", "a@b.c"])
def test_nobody_is_mentioned_and_nothing_linked(name: str) -> None:
    shown = MarkdownIt("commonmark").renderInline(escaped(name))
    assert not re.search(r"@\w|://|www\.", shown, re.IGNORECASE)


def test_the_summary_can_be_appended_to_anything(tmp_path: Path) -> None:
    said = rendered(reports.read(folder(tmp_path, [sequential([1.0, 1.0])])), "github")
    assert isinstance(said, str)
    shown = MarkdownIt("commonmark").enable("table").render(f"left without an end\n{said}{said}")
    assert shown.count("<h2>") == 2
    assert shown.count("<table>") == 2


@pytest.mark.parametrize("form", ["md", "github"])
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([], ""),
        (
            [Made("x", status="failed", reason="crash")],
            "nothing was measured: 1 failed",
        ),
        ([sequential([1.0])], "only sequential was measured, 1.00 s a batch"),
        (
            [Made("x", [1e-7] * 3), Made("y", [3600.0] * 3)],
            "x is fastest, 100 ns a batch; there is no ref",
        ),
    ],
)
def test_little_to_say_is_said(tmp_path: Path, form: str, cells: list[Made], expected: str) -> None:
    assert expected in "".join(page(tmp_path, cells, form).texts)


def test_numbers_are_left_as_they_are() -> None:
    assert escaped("42.0 ms") == "42.0 ms"
    assert escaped("0002-20261121T052939Z") == "0002-20261121T052939Z"
