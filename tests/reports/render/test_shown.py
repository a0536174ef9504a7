"""A run as a notebook shows it."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from concbench import reports
from concbench.reports.analysis import verdict
from concbench.reports.errors import UnknownName
from concbench.reports.render.notebook import Run

from .. import hard
from ..made import Made, folder, sequential
from ..page.parsed import Parsed

TAGS = {"div", "p", "br", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


def run(path: Path, made: list[Made], **facts: Any) -> Run:
    return Run(reports.read(folder(path / "run", made, **facts)))


def test_a_notebook_shows_header_verdict_table_and_one_chart(tmp_path: Path) -> None:
    found = Parsed(run(tmp_path, hard.usual())._repr_html_())
    assert "run 0001-" in found.text
    assert "io_sleep: threading is fastest, " in found.text
    assert len(found.all("tr")) == 7
    assert len(found.all("svg")) == 1
    assert "speed-up, times as fast" in found.text


def test_several_workloads_share_one_chart_and_each_has_a_table(tmp_path: Path) -> None:
    shown = run(tmp_path, hard.eighteen())
    found = Parsed(shown._repr_html_())
    assert (len(found.all("table")), len(found.all("svg"))) == (3, 1)
    assert shown._repr_markdown_().count("](data:image/") == 1
    assert "% of limit" in found.text


def test_markdown_holds_the_chart_as_a_picture(tmp_path: Path) -> None:
    said = run(tmp_path, hard.usual())._repr_markdown_()
    assert "| ---: |" in said
    (data,) = re.findall(r"\]\(data:image/svg\+xml;base64,([\w+/=]+)\)", said)
    drawing = ElementTree.fromstring(base64.b64decode(data))
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    # Beside text in light or dark it stands on paper of its own.
    assert b"currentColor" not in base64.b64decode(data)


def test_what_was_not_measured_and_what_bends_a_number_is_said(tmp_path: Path) -> None:
    made = [
        sequential(hard.noisy(0.64)),
        Made("asyncio", hard.noisy(0.05), notes="blocks the loop"),
        Made("uvloop", status="unavailable", reason="uvloop is not installed"),
    ]
    found = Parsed(run(tmp_path, made)._repr_html_())
    assert "uvloop: unavailable: uvloop is not installed" in found.text
    assert "a: blocks the event loop: no async form" in found.text


def test_nothing_around_the_chart_has_a_colour_of_its_own(tmp_path: Path) -> None:
    html = run(tmp_path, hard.usual())._repr_html_()
    assert not re.search("color|background", html.partition("<svg")[0])


@pytest.mark.parametrize("name", hard.NAMES)
def test_a_name_is_text_and_nothing_else(tmp_path: Path, name: str) -> None:
    made, facts = hard.called(name)
    shown = run(tmp_path, made, **facts)
    found = Parsed(shown._repr_html_())
    assert set(found.outside) <= TAGS
    assert not [key for _, given in found.tags for key in given if key.startswith("on")]
    html = shown._repr_markdown_().partition("](data:")[0].replace("  \n", "")
    assert not re.search(r"(?<!\\)<", html)
    assert repr(shown)


@pytest.mark.parametrize("case", hard.CASES)
def test_every_run_is_shown(tmp_path: Path, case: str) -> None:
    made, facts = hard.CASES[case]()
    shown = run(tmp_path, made, **facts)
    rows = [row for block in shown._blocks for row in block.rows]
    assert shown._repr_html_().count("<tr>") >= sum(row.batch_seconds is not None for row in rows)
    assert shown._repr_markdown_()
    assert "run 0001-" in str(shown)
    assert len(shown.cells()) == len(made)


def test_the_frames_are_those_of_reports(tmp_path: Path) -> None:
    shown = run(tmp_path, hard.usual(4))
    assert len(shown.values()) == len(shown.processes()) == 24
    assert len(shown.differences()) == 15
    assert shown.folder == tmp_path / "run"


def test_a_shell_shows_verdicts_and_print_the_whole_table(tmp_path: Path) -> None:
    shown = run(tmp_path, hard.usual())
    (block,) = shown._blocks
    said = verdict.sentence(block.name, block.rows, block.names)
    assert repr(shown) == f"{said}\nrun 0001-20261121T045000Z in {tmp_path / 'run'}"
    assert re.search(r"\nrank +strategy ", str(shown))


def test_a_notebook_shows_other_columns_orders_and_groups_when_asked(tmp_path: Path) -> None:
    usual = run(tmp_path, hard.eighteen())
    shown = usual.shown("speed-up,batch", sort="-batch", group_by="strategy")
    found = Parsed(shown._repr_html_())
    assert (len(found.all("table")), len(found.all("svg"))) == (6, 1)
    assert "workloadspeed-upbatch" in found.text
    assert "rank" not in str(shown) and re.search(r"\nworkload +speed-up +batch", str(shown))
    assert str(usual.shown()) == str(usual)
    with pytest.raises(UnknownName, match="did you mean seconds"):
        usual.shown(group_by="second")
