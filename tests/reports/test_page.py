from __future__ import annotations

import base64
import csv
import io
import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import reports
from reports import page

from . import hard
from .made import Made, folder, sequential

DRAWN = {"svg", "title", "desc", "style", "g", "defs", "clippath", "lineargradient", "stop"} | {
    *("path", "rect", "circle", "line", "use", "text", "tspan", "polyline", "polygon", "pattern")
}
"""The tags that a chart may have."""


class Parsed(HTMLParser):
    """The tags of a page with their attributes, and its text but for style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.drawn: set[str] = set()
        self.outside: list[str] = []
        self._silent, self._chart = False, False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attributes}))
        self._silent = tag in ("style", "script")
        self._chart = self._chart or tag == "svg"
        if self._chart:
            self.drawn.add(tag)
        elif tag != "wbr":  # where a long name may fold
            self.outside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent = False
        self._chart = self._chart and tag != "svg"

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]


def parsed(path: Path, made: list[Made], **facts: Any) -> Parsed:
    return Parsed(page.rendered(reports.read(folder(path / "run", made, **facts))))


def test_the_verdict_comes_first(tmp_path: Path) -> None:
    html = page.rendered(reports.read(folder(tmp_path / "run", hard.usual())))
    first, _, rest = html[html.index("<main") :].partition('id="grid"')
    assert "clear first place" in first and "threading" in first
    assert re.search(r"<strong>1[56]\.\dx</strong>", first)
    assert "clear first place" not in rest


def test_every_section_is_there_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    found = parsed(tmp_path, hard.usual())
    targets = [tag["href"][1:] for tag in found.all("a") if tag["href"].startswith("#")]
    assert {"verdict", "grid", "block-0", "pairs", "sweep", "method"} <= set(targets)
    assert set(targets) <= set(found.ids)
    assert len(set(found.ids)) == len(found.ids)


def test_the_page_names_no_address_and_is_complete_without_its_script(tmp_path: Path) -> None:
    html = page.rendered(reports.read(folder(tmp_path / "run", hard.usual())))
    found = Parsed(html)
    assert not [tag for tag in found.all("link") if not tag["href"].startswith("data:")]
    assert not found.all("img") and not found.all("iframe")
    assert not any("src" in attributes for _, attributes in found.tags)
    assert "url(http" not in html and "@import" not in html
    for made in hard.usual():
        assert made.strategy in found.text
    assert len(found.all("table")) == 3  # the grid, the workload, its pairs


def test_only_the_script_of_the_page_may_run(tmp_path: Path) -> None:
    found = parsed(tmp_path, hard.usual())
    policy = next(tag["content"] for tag in found.all("meta") if tag.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[\w+/]{43}='", policy)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    made, facts = hard.called("plain")
    return parsed(tmp_path_factory.mktemp("plain"), made, **facts)


@pytest.mark.parametrize("name", hard.NAMES)
def test_no_name_or_message_becomes_markup(tmp_path: Path, plain: Parsed, name: str) -> None:
    made, facts = hard.called(name)
    found = parsed(tmp_path / "hard", made, **facts)
    assert found.outside == plain.outside
    assert found.drawn <= DRAWN
    for _, attributes in found.tags:
        assert not [key for key in attributes if key.startswith("on")]
    assert len(set(found.ids)) == len(found.ids)


def test_the_command_repeats_the_run_with_its_seed(tmp_path: Path) -> None:
    argv = ["run", "-w", "my file.py:f[a='x y']", "--tasks", "8"]
    said = parsed(tmp_path, hard.usual(), argv=argv).text
    command = next(line for line in said.splitlines() if line.startswith("concbench run"))
    assert shlex.split(command) == ["concbench", *argv, "--seed", "123"]


def test_a_seed_that_was_given_is_not_given_twice(tmp_path: Path) -> None:
    for place, argv in enumerate((["run", "--seed", "7"], ["run", "--seed=7"])):
        said = parsed(tmp_path / str(place), hard.usual(), argv=argv).text
        assert shlex.join(["concbench", *argv]) + "\n" in said


def test_cells_csv_is_in_the_page(tmp_path: Path) -> None:
    found = parsed(tmp_path, hard.usual())
    link = next(tag for tag in found.all("a") if "download" in tag)
    head, _, data = link["href"].partition("base64,")
    assert head == "data:text/csv;charset=utf-8;"
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(data).decode())))
    assert [row["strategy"] for row in rows][-1] == "sequential"
    assert float(rows[-1]["speedup"]) == 1


def test_warnings_and_failures_are_shown_and_explained(tmp_path: Path) -> None:
    failure = {"round": 2, "cell": 1, "kind": "crash", "message": "died of signal 9"}
    found = parsed(
        tmp_path,
        hard.usual(),
        warnings=["the machine was busy"],
        failures=[{**failure, "traceback": "Trace\n  back"}, {**failure, "round": 3}],
    )
    assert found.text.index("the machine was busy") < found.text.index("Grid")
    assert "rounds 2, 3: died of signal 9" in found.text
    assert "Trace\n  back" in found.text


def test_pairs_are_told_apart_or_not(tmp_path: Path) -> None:
    noise = [1.0, 1.02, 0.98, 1.01, 0.99, 1.0]
    made = [
        sequential([0.64 * by for by in noise]),
        Made("threading", [0.04 * by for by in reversed(noise)]),
        Made("asyncio", [0.04 * by for by in noise]),
    ]
    said = " ".join(parsed(tmp_path, made).text.split())
    assert "3 pairs, 2 different" in said
    assert "threading is faster" in said and "asyncio is faster" in said
    assert "no difference found" in said


@pytest.mark.parametrize("case", hard.CASES)
def test_bad_input_gives_a_page(tmp_path: Path, case: str) -> None:
    made, facts = hard.CASES[case]()
    found = parsed(tmp_path, made, **facts)
    assert "nan" not in re.findall(r"\w+", found.text) and "Traceback" not in found.text
    assert len(set(found.ids)) == len(found.ids)
    assert {"verdict", "grid", "pairs", "sweep", "method"} <= set(found.ids)


def test_control_signs_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    made = [*hard.usual(), Made("a\x1b[31m\u202eb", status="failed", reason="x")]
    assert "a\\x1b[31m\\u202eb" in parsed(tmp_path, made).text


def side_by_side(path: Path, *runs: tuple[str, list[Made], dict[str, Any]]) -> Parsed:
    stored = [
        reports.read(folder(path / str(place), made, id=name, **facts))
        for place, (name, made, facts) in enumerate(runs)
    ]
    return Parsed(page.rendered(stored))


@pytest.mark.parametrize("second", ["second", "first"])
def test_runs_stand_side_by_side_with_ids_of_their_own(tmp_path: Path, second: str) -> None:
    runs = [(name, hard.usual(), {}) for name in ("first", second)]
    found = side_by_side(tmp_path, *runs)
    assert "Run first" in found.text and f"Run {second}" in found.text
    assert len(set(found.ids)) == len(found.ids)
    targets = [tag["href"][1:] for tag in found.all("a") if tag["href"].startswith("#")]
    assert set(targets) <= set(found.ids)


def test_a_column_of_ratios_says_what_became_slower(tmp_path: Path) -> None:
    changed = [
        replace(made, seconds=[2 * (seconds or 0) for seconds in made.seconds])
        if made.strategy == "threading"
        else made
        for made in hard.usual()
    ]
    left_out = [made for made in changed if made.strategy != "asyncio"]
    python = {"environment": {"python": "3.13.0", "cpus": 2}}
    found = side_by_side(
        tmp_path, ("before", hard.usual(), {}), ("after", changed, {}), ("less", left_out, python)
    )
    said = " ".join(found.text.split())
    first = said[: said.index("Run before")]
    assert first.count("1 slower 5 no difference") == 1
    assert first.count("1 slower 4 no difference 1 missing") == 1
    assert "2.00x [1.9" in first
    assert "missing in the other" in first
    assert "Python" in first[first.index("Not only the work") :]


@pytest.mark.parametrize("case", ["empty", "all failed", "one round", "long names"])
def test_bad_input_stands_beside_a_good_run(tmp_path: Path, case: str) -> None:
    made, facts = hard.CASES[case]()
    found = side_by_side(tmp_path, ("good", hard.usual(), {}), ("bad", made, facts))
    assert "Run bad" in found.text
    assert len(set(found.ids)) == len(found.ids)


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    stored = reports.read(folder(tmp_path / "run", hard.usual()))
    target = tmp_path / "page.html"
    page.write(stored, target)
    assert target.read_text(encoding="utf-8") == page.rendered(stored)
    with pytest.raises(OSError, match="absent"):
        page.write(stored, tmp_path / "absent" / "page.html")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["page.html", "run"]


def test_a_page_of_18_cells_and_12_rounds_is_below_2_mb(tmp_path: Path) -> None:
    stored = reports.read(folder(tmp_path / "run", hard.eighteen()))
    assert len(page.rendered(stored).encode()) < 2e6


def test_the_package_loads_nothing_until_a_page_is_made() -> None:
    code = "import reports.page, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=True)
    assert not {"jinja2", "pandas", "matplotlib", "pyperf"} & set(json.loads(done.stdout))


def test_what_shares_a_short_name_in_two_runs_is_told_apart(tmp_path: Path) -> None:
    runs = [
        (str(workers), [Made("threading", [0.1] * 3, strategy_params={"workers": workers})], {})
        for workers in (4, 8)
    ]
    said = side_by_side(tmp_path, *runs).text
    assert "threading{'workers': 4}" in said and "threading{'workers': 8}" in said
