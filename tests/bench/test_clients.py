"""A client by import name or by distribution: found, shown with a version, or missed."""

from __future__ import annotations

import json
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pyperf
import pytest

from concbench import clients
from concbench.driver import run
from concbench.errors import NothingSelected, UsageError
from concbench.lanes import Lanes
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.reports import page, read
from concbench.reports.render.notebook import Run

WORK = """
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

@dataclass(frozen=True)
class One:
    client: str = "sqlite3"
    other: str = ""

    @property
    def clients(self):
        return {"blocking": self.client, "async": self.other}

    @contextmanager
    def open(self):
        yield lambda i: i

@dataclass(frozen=True)
class Two(One):
    @asynccontextmanager
    async def aopen(self):
        async def call(i):
            return i

        yield call

@dataclass(frozen=True)
class Wrong(One):
    clients = "sqlite3"
"""
DISTRIBUTION = {"METADATA": "Metadata-Version: 2.1\nName: Odd-Client.binary\nVersion: 4.2\n"}
DISTRIBUTION["top_level.txt"] = "_odd_client\nodd_client\nzebra\n"


@pytest.fixture
def work(tmp_path, monkeypatch) -> Path:
    """A file of workloads beside an installed distribution with three modules."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    info = tmp_path / "odd_client_binary-4.2.dist-info"
    info.mkdir()
    for name, text in DISTRIBUTION.items():
        (info / name).write_text(text, encoding="utf-8")
    (tmp_path / "odd_client.py").write_text("imported = True\n", encoding="utf-8")
    (tmp_path / "zebra.py").write_text("", encoding="utf-8")
    (tmp_path / "loose.py").write_text("", encoding="utf-8")
    (tmp_path / "a-folder").mkdir()
    file = tmp_path / "work.py"
    file.write_text(WORK, encoding="utf-8")
    return file


def options(work: Path, selected: str, *strategies: str):
    given = {"workload": (f"{work}:{selected}",), "strategy": strategies or ("sequential",)}
    return resolve({**given, "rounds": 1, "tasks": 2, "seed": 1, "probe": "none"})


def shown(folder: Path) -> list[str]:
    suite = pyperf.BenchmarkSuite.load(str(folder / "samples.json"))
    return [benchmark.get_metadata()["cb_client"] for benchmark in suite]


@pytest.mark.parametrize(
    ("client", "told"),
    [
        ("sqlite3", "sqlite3"),
        ("loose", "loose"),
        ("odd_client", "odd_client 4.2"),
        ("odd-client-binary", "odd-client-binary 4.2"),
        ("Odd_Client.Binary", "Odd_Client.Binary 4.2"),
        ("requests", f"requests {version('requests')}"),
    ],
)
def test_a_client_may_be_a_module_or_a_distribution_with_or_without_a_version(work, client, told):
    folder = run(options(work, f"One[client={client}]"), [], lambda _: None)
    assert [c["reason"] for c in json.loads((folder / "run.json").read_text())["cells"]] == [""]
    assert shown(folder) == [told]


def test_the_public_module_most_like_its_distribution_is_the_client(work):
    built = type("built", (), {"clients": {"blocking": "odd-client-binary"}})
    assert clients.installed([built]) == {"odd-client-binary": ["odd_client", "odd-client-binary"]}


def test_the_module_of_a_distribution_is_imported_before_its_lanes_open(work, monkeypatch):
    monkeypatch.delitem(sys.modules, "odd_client", raising=False)
    (planned,) = plan(options(work, "One[client=odd-client-binary]"))
    with Lanes(planned.cell.workload).blocking():
        assert sys.modules["odd_client"].imported


def test_an_ordinary_client_costs_no_look_at_all_that_is_installed(work, monkeypatch):
    def scanned():
        raise AssertionError("it reads every distribution")

    monkeypatch.setattr(clients, "packages_distributions", scanned)
    for name in ("requests", "sqlite3", "nowhere-at-all"):
        (planned,) = plan(options(work, f"Two[client={name},other=aiohttp]"))
        expected = {"sqlite3": ["sqlite3", ""]} if name == "sqlite3" else {}
        assert planned.cell.workload.clients == expected


@pytest.mark.parametrize("client", ["no_such_client", "no-such-client", "a-folder"])
def test_a_client_that_is_not_installed_is_a_reason_before_anything_runs(work, client):
    said = f"its client '{client}' is not installed"
    with pytest.raises(NothingSelected, match=said):
        run(options(work, f"One[client={client}]"), [], lambda _: None)
    assert not Path(".concbench").exists()


def test_a_client_that_only_the_other_form_needs_costs_that_form_alone(work):
    chosen = options(work, "Two[client=sqlite3,other=no_such_client]", "sequential", "asyncio")
    folder = run(chosen, [], lambda _: None)
    fine, failed = json.loads((folder / "run.json").read_text())["cells"]
    assert (fine["status"], failed["status"]) == ("measured", "failed")
    assert failed["reason"].startswith("UsageError: its client 'no_such_client' is not installed: ")
    assert shown(folder) == ["sqlite3"]


def test_tables_and_page_show_a_client_without_a_version(work):
    chosen = options(work, "Two[client=sqlite3,other=aiohttp]", "sequential", "asyncio")
    stored = read(run(chosen, [], lambda _: None).resolve())
    note = f"(aiohttp {version('aiohttp')}, not sqlite3)"
    assert note in str(Run(stored))
    assert note in page.rendered(stored)


def test_a_client_that_lacks_something_itself_says_what(work):
    work.with_name("loose.py").write_text("import no_such_part\n", encoding="utf-8")
    (planned,) = plan(options(work, "One[client=loose]"))
    with (
        pytest.raises(ModuleNotFoundError, match="no_such_part"),
        Lanes(planned.cell.workload).blocking(),
    ):
        pass


def test_clients_that_are_no_mapping_of_texts_are_refused(work):
    with pytest.raises(UsageError, match="clients of Wrong must be like "):
        plan(options(work, "Wrong"))


def test_names_of_real_distributions_lead_to_their_modules():
    """By another route: the names that everybody knows."""
    known = {"PyYAML": "yaml", "python-dateutil": "dateutil", "pillow": "PIL"}
    there = {owner for owners in packages_distributions().values() for owner in owners}
    for name in known.keys() & there:
        built = type("built", (), {"clients": {"blocking": name}})
        assert clients.installed([built]) == {name: [known[name], name]}
