from __future__ import annotations

import base64
import csv
import io
import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import pytest

from concbench import reports
from concbench.reports import charts, page

from .. import hard, probed_run
from ..made import Made, folder, sequential
from .parsed import Parsed

DRAWN = {"svg", "title", "desc", "style", "g", "defs", "clippath", "lineargradient", "stop"} | {
    *("path", "rect", "circle", "line", "use", "text", "tspan", "polyline", "polygon", "pattern")
}
"""The tags that a chart may have."""


def parsed(path: Path, made: list[Made], **facts: Any) -> Parsed:
    return Parsed(page.rendered(reports.read(folder(path / "run", made, **facts))))


def test_the_verdict_comes_first(tmp_path: Path) -> None:
    html = page.rendered(reports.read(folder(tmp_path / "run", hard.usual())))
    first, _, rest = html[html.index("<main") :].partition('id="block-0"')
    tag = '<p class="tag">fastest</p>'
    assert tag in first and "threading" in first
    assert re.search(r"<strong>1[56]\.\dx</strong>", first)
    assert tag not in rest


def test_every_section_is_there_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    found = parsed(tmp_path, [*hard.usual(), *hard.usual(workload="other", block=1)])
    targets = [tag["href"][1:] for tag in found.all("a") if tag["href"].startswith("#")]
    assert set(targets) == {"main", "verdict", "grid", "block-0", "block-1", "pairs", "method"}
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
    assert len(found.all("table")) == 2  # the workload, its pairs


def test_every_tag_that_is_opened_is_closed(tmp_path: Path) -> None:
    class Balanced(HTMLParser):
        open: ClassVar[list[str]] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("br", "input", "link", "meta", "wbr"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag, self.getpos()

    swept = (Made("threading", [0.3] * 3, workers=n, strategy_params={"n": n}) for n in (1, 2))
    made = [sequential([0.6] * 3), *swept, Made("bad", status="failed", reason="crashed")]
    Balanced().feed(page.rendered(reports.read(folder(tmp_path / "run", made))))
    assert Balanced.open == []


def test_a_note_and_a_warning_show_their_codes_and_how_to_have_them_explained(
    tmp_path: Path,
) -> None:
    made = [sequential([0.64] * 2), Made("asyncio", [0.25, 0.26], notes="blocks the loop | own")]
    said = " ".join(parsed(tmp_path, made, warnings=["only 1 of 2 CPUs [few-cpus]"]).text.split())
    assert "so one task runs at a time blocks-loop" in said
    assert said.count("Cause and remedy: concbench explain few-cpus") == 1
    assert said.count("Cause and remedy: concbench explain blocks-loop") == 1


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
    assert found.text.count("the machine was busy") == 1
    assert found.text.index("the machine was busy") < found.text.index("CPython")
    assert "rounds 3, 4: died of signal 9" in found.text
    assert "Trace\n  back" in found.text


def test_a_warning_about_cpus_stands_above_the_facts(tmp_path: Path) -> None:
    canary = [{"round": n, "cpus": 2, "delivered": 0.4} for n in range(6)]
    html = page.rendered(reports.read(folder(tmp_path / "run", hard.usual(), canary=canary)))
    top = html[html.index("<header") : html.index("<nav")]
    assert top.index("something else used 1.60 of 2 CPUs") < top.index("0.40 of 2 CPUs usable")
    assert top.count("something else used") == 1


def test_a_failure_shows_file_and_line_of_the_work(tmp_path: Path) -> None:
    lines = [f'  File "{file}", line {line}, in f' for file, line in FRAMES]
    traceback = "\n".join(["Traceback (most recent call last):", *lines, "ValueError: boom"])
    failure = {"round": 0, "cell": 6, "kind": "error", "message": "ValueError: boom"}
    made = [*hard.usual(), Made("bad", status="failed", reason="ValueError: boom")]
    facts = {"failures": [{**failure, "traceback": traceback}]}
    found = parsed(tmp_path, made, **facts)
    assert "ValueError: boom mine.py:12" in found.text
    assert "ValueError: boom (mine.py:12)" in found.text


ROOT = Path(reports.__file__).parents[1]
FRAMES = (
    ("/home/x/mine.py", 3),
    ("/home/x/mine.py", 12),
    ("/usr/lib/python3.12/threading.py", 99),
    ("/x/.venv/lib/python3.12/site-packages/requests/api.py", 9),
    (f"{ROOT}/bench/worker/measuring.py", 7),
    ("<string>", 1),
)


def test_a_sweep_comes_first_and_is_nowhere_without_one(tmp_path: Path) -> None:
    made = [
        sequential([0.64] * 3),
        *(
            Made("threading", [0.64 / n] * 3, workers=n, strategy_params={"workers": n})
            for n in (1, 2, 4)
        ),
    ]
    html = page.rendered(reports.read(folder(tmp_path / "swept", made)))
    assert html.index('id="verdict"') < html.index('id="sweep"') < html.index('id="block-0"')
    assert 'href="#sweep"' in html and "these charts show the fastest" in html
    plain = page.rendered(reports.read(folder(tmp_path / "plain", hard.usual())))
    assert "sweep" not in Parsed(plain).text.lower() and 'id="sweep"' not in plain


def test_what_most_readers_need_not_see_is_folded(tmp_path: Path) -> None:
    html = page.rendered(reports.read(probed_run.write(tmp_path)))
    folded = re.findall(r'<details class="chart">\n<summary>([^:]+):', html)
    rest = ["Cost", "Every round", "Over time"]
    # The loop of the last workload is held up.
    assert folded == [*["Held-up loops", *rest] * 2, *rest]
    assert len(re.findall(r"<figcaption><b>Held-up loops: \S+ for [\d.]+\sms", html)) == 1
    assert not re.search("<details[^>]* open", html)


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
    assert {"verdict", "method"} <= set(found.ids)
    headings = re.findall(r"<h[2-5][^>]*>([^<]*)", page.rendered(reports.read(tmp_path / "run")))
    assert "Sweep" not in headings and "Grid" not in headings


def test_a_name_folds_between_its_parts_and_not_in_brackets(tmp_path: Path) -> None:
    workers = [
        Made("asyncio+to_thread", hard.noisy(0.1 / n), strategy_params={"workers": n})
        for n in (1, 16)
    ]
    html = page.rendered(reports.read(folder(tmp_path / "run", [*hard.usual(), *workers])))
    assert "asyncio+<wbr>to_<wbr>thread<wbr>[workers=16]" in html
    outside = re.sub("<svg.*?</svg>", "", html, flags=re.DOTALL)
    assert not re.search(r"\[workers[^\]]*<wbr>", outside)


def test_control_signs_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    made = [*hard.usual(), Made("a\x1b[31m\u202eb", status="failed", reason="x")]
    assert "a\\x1b[31m\\u202eb" in parsed(tmp_path, made).text


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    stored = reports.read(folder(tmp_path / "run", hard.usual()))
    target = tmp_path / "page.html"
    page.write(stored, target)
    assert target.read_text(encoding="utf-8") == page.rendered(stored)
    with pytest.raises(OSError, match="absent"):
        page.write(stored, tmp_path / "absent" / "page.html")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["page.html", "run"]


def test_a_page_of_18_cells_with_all_probes_stays_small(tmp_path: Path) -> None:
    stored = reports.read(probed_run.write(tmp_path, rounds=12))
    assert len(page.rendered(stored).encode()) < 600_000


def test_the_package_loads_nothing_until_a_page_is_made() -> None:
    code = "import concbench.reports.page, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=True)
    assert not {"jinja2", "pandas", "matplotlib", "pyperf"} & set(json.loads(done.stdout))


def test_a_chart_that_is_left_out_is_said_with_its_reason(tmp_path: Path) -> None:
    stored = reports.read(folder(tmp_path / "run", hard.usual()))
    said = Parsed(page.rendered(stored)).text
    left_out = [chart.reason for chart in charts.draw(stored) if not chart.svg]
    assert left_out
    assert all(reason in said for reason in left_out if "sweep" not in reason)
