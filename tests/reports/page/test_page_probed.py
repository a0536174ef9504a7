"""What the page says of what concurrency costs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from concbench import reports
from concbench.reports import page

from .. import hard, probed_run
from ..made import folder
from .parsed import Parsed

COSTS = ("cpu-task", "memory", "max-lag", "p99")
DRAWN = ("gantt", "latency", "lag", "cost")


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the default matrix with all its probes."""
    return page.rendered(reports.read(probed_run.write(tmp_path_factory.mktemp("run"))))


def fields(html: str, column: str, block: int = 0) -> list[tuple[str, str]]:
    """Value and text of a column of a workload's table."""
    table = html[html.index(f'id="block-{block}-table"') :]
    table = table[: table.index("</table>")]
    place = re.findall(r'<th scope="col" data-key="([^"]+)"', table).index(column)
    rows = re.findall(r"<tr>\n(.*?)</tr>", table[table.index("<tbody>") :], re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>.*?</t[dh]>", row, re.DOTALL)[place] for row in rows]
    return [
        (re.search(r'data-value="([^"]*)"', cell)[1], re.sub(r"<[^>]+>", "", cell))
        for cell in cells
    ]


def test_the_table_has_what_each_strategy_costs(html: str) -> None:
    assert fields(html, "memory")[0] == ("29000000", "29 MB")
    value, said = fields(html, "cpu-task")[0]
    assert float(value) == pytest.approx(8e-5) and said == "80 us"
    value, said = fields(html, "p99")[0]
    assert 0.01 < float(value) < 0.011 and said == "11 ms"


def test_a_dash_has_its_reason_beside_it_and_in_words_below(html: str) -> None:
    lags = fields(html, "max-lag")
    assert [value == "" for value, _ in lags].count(True) == 3
    assert {said for value, said in lags if not value} == {"- it runs no event loop"}
    assert 'title="it runs no event loop"' in html
    text = " ".join(Parsed(html).text.split())
    assert re.search(r"No max lag: it runs no event loop \([a-z, ]*sequential\)", text)


def test_a_reason_of_several_columns_and_all_rows_is_said_once(tmp_path: Path) -> None:
    probed_run.write(tmp_path)
    file = tmp_path / "probes.json"
    told = json.loads(file.read_text())
    for cell in told["cells"]:
        del cell["latency"], cell["memory"]
        cell["absent"] |= {"latency": "no time <b>left</b>", "memory": "no time <b>left</b>"}
    told["cells"][6]["memory"] = {"peak_pss_bytes": 1}  # http_get's sequential
    file.write_text(json.dumps(told))
    html = page.rendered(reports.read(tmp_path))
    said = " ".join(Parsed(html).text.split())
    assert said.count("No memory and p99: no time <b>left</b> (all).") == 2
    assert said.count("No p99: no time <b>left</b> (all).") == 1
    assert len(re.findall(r"No memory: no time <b>left</b> \([a-z0-9+_, ]+\)\.", said)) == 1
    assert [value for value, _ in fields(html, "memory", 1)].count("") == 5


def test_columns_that_no_cell_has_are_not_there(tmp_path: Path) -> None:
    html = page.rendered(reports.read(folder(tmp_path, hard.usual())))
    heads = re.findall(r'data-key="([^"]+)"', html)
    assert not {*COSTS} & {*heads} and "batch" in heads


def test_every_workload_has_its_charts_in_the_same_order_with_what_to_see(html: str) -> None:
    order = ["speedup", "gantt", "latency", "startup", "lag", "cost", "distribution", "rounds"]
    assert re.findall(r'<figure class="(\w+)">', html) == ["grid", *order * 3]
    plain = re.sub("<wbr>", "", html)
    shown = re.findall(r"<figcaption><b>([^<]+)</b> ([^<]+)</figcaption>", plain)
    folded = re.findall(r"<summary>([^<]+)</summary>\n<figure.*\n<figcaption>([^<]+)<", plain)
    assert (len(shown), len(folded)) == (1 + 3 * 4 + 1, 3 * 4 - 1)  # one loop is held up
    assert all(title and about.endswith(".") for title, about in [*shown, *folded])


def test_a_run_without_probes_says_once_how_to_get_them(tmp_path: Path) -> None:
    said = Parsed(page.rendered(reports.read(folder(tmp_path, hard.eighteen())))).text
    assert said.count("concbench run --probe lag") == 1
    assert said.count("concbench run --probe latency") == 1


def test_the_method_explains_every_word_of_the_costs(html: str) -> None:
    method = html[html.index('id="method"') :]
    terms = re.findall(r"<dt>([^<]+)</dt><dd>", method)
    assert {"CPU/task", "Probes", "Memory", "Latency", "Lag", "Canary"} <= {*terms}
    for word in ("PSS", "HdrHistogram", "heartbeat", "never inside one", "jitter"):
        assert word in method
