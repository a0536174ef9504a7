"""What is left out of a drawing changes nothing that is seen of it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from concbench import reports
from concbench.reports import charts
from concbench.reports.charts import svg

from .. import probed_run

RAW = """<?xml version="1.0"?><svg width="10pt" height="10pt"><g id="figure_1"><g id="a">
<g clip-path="url(#p)"><path id="m1" d="M 0.123456 2 \nL 0.123456 10.000000 \nL 5.5 10.000000 \nz
" style="fill: none; stroke: #1f2328"/></g></g><g id="empty"/><defs>
  <clipPath id="p"><rect x="1.987654" y="0"/></clipPath></defs></g></svg>"""


def corners(path: str) -> list[tuple[float, float]]:
    """Where a path of straight lines has its corners, whatever its letters."""
    found: list[tuple[float, float]] = []
    for letter, told in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = [float(number) for number in told.split()]
        if letter == "H":
            found.append((numbers[0], found[-1][1]))
        elif letter == "V":
            found.append((found[-1][0], numbers[0]))
        elif letter in "ML":
            found.append((numbers[0], numbers[1]))
    return found


def test_a_path_keeps_its_corners_in_fewer_signs() -> None:
    drawn = svg.inline(RAW, "", "", "x")
    (path,) = re.findall(r' d="([^"]*)"', drawn)
    assert path == "M0.12 2V10H5.5z"
    assert corners(path) == [(0.12, 2.0), (0.12, 10.0), (5.5, 10.0)]


def test_a_group_that_says_nothing_goes_and_one_that_clips_stays() -> None:
    drawn = svg.inline(RAW, "", "", "x")
    assert drawn.count("<g") == drawn.count("</g>") == 1
    assert 'clip-path="url(#p)"' in drawn and "currentColor" in drawn
    ElementTree.fromstring(drawn)


@pytest.mark.parametrize("key", ["gantt", "rounds", "latency"])
def test_a_drawing_has_all_its_lines_where_matplotlib_put_them(tmp_path: Path, key: str) -> None:
    stored = reports.read(probed_run.write(tmp_path))
    chart = charts.draw(stored, key)[0]
    seen = [corners(path) for path in re.findall(r' d="([^"]*)"', chart.svg)]
    box = re.findall(r"[\d.]+", chart.svg[chart.svg.index("viewBox") :])[1:4]
    top, width, height = map(float, box)
    inside = [point for path in seen for point in path if len(path) > 1]
    assert len(inside) > 100
    assert all(-10 <= x <= width + 10 and -10 <= y <= top + height + 20 for x, y in inside)
