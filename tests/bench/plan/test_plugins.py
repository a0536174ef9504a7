"""Finding plug-ins: built in, by entry point, by module; and the user's own server."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from importlib.metadata import EntryPoint
from multiprocessing import get_start_method
from pathlib import Path

import pytest

from concbench.driver import dry_run, run
from concbench.errors import UsageError
from concbench.lanes import Lanes
from concbench.plan import plugins
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.spec import Spec, load

from ...installed import installed


@pytest.mark.parametrize("kind", ["workloads", "strategies"])
def test_every_file_is_a_plugin_whose_class_is_named_after_it(kind):
    for name in plugins.names(kind):
        found = load(plugins.find(kind, name).target)
        assert found.__doc__.partition("\n")[0].endswith(".")
        assert callable(getattr(found, "open", None) or found.aopen)


def test_a_strategy_of_two_parts_is_written_with_a_plus():
    assert plugins.find("strategies", "asyncio+to_thread").target == (
        "concbench.strategies.asyncio_to_thread:AsyncioToThread"
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    return installed(tmp_path_factory.mktemp("installed") / "site")


@pytest.fixture
def third_party(site, tmp_path, monkeypatch):
    """A distribution that adds workloads and a strategy, for this process and for children."""
    monkeypatch.syspath_prepend(str(site))
    there = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), there])))
    monkeypatch.chdir(tmp_path)
    yield site
    for name in [name for name in sys.modules if name.partition(".")[0] == "third"]:
        del sys.modules[name]


def test_entry_points_are_found_listed_and_measured(third_party):
    assert "cubed" in plugins.names("workloads")
    settings = resolve(
        {
            "workload": ("cubed[plus=1]",),
            "strategy": ("sequential", "backwards"),
            "tasks": 5,
            "rounds": 1,
        }
    )
    folder = run(settings, [], lambda event: None)
    cells = json.loads((folder / "run.json").read_text())["cells"]
    assert [(cell["name"], cell["status"]) for cell in cells] == [
        ("cubed[plus=1] x 5 / sequential", "measured"),
        ("cubed[plus=1] x 5 / backwards", "measured"),
    ]


def test_an_entry_point_that_does_not_import_is_named_and_the_others_go_on(third_party):
    found = {one.name: one.reason for one in plugins.describe("workloads")}
    assert found["broken"].startswith("third.nowhere:f does not import: ModuleNotFoundError")
    assert found["cubed"] == found["ledger"] == found["io_sleep"] == ""


def test_a_function_is_summed_up_by_its_own_words(third_party):
    found = {one.name: one.summary for one in plugins.describe("workloads")}
    assert found["cubed"] == "Raise to the third power."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    size: int\n    def __post_init__(self): raise ValueError('no')", "ValueError: no"),
        ("    def cannot_run(self): return 1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_one_that_cannot_be_asked_is_listed_with_what_it_raises(tmp_path, monkeypatch, body, said):
    file = tmp_path / "odd.py"
    file.write_text(f"from dataclasses import dataclass\n@dataclass\nclass Odd:\n{body}\n")
    monkeypatch.setattr(plugins, "names", lambda kind: [f"{file}:Odd"])
    assert [one.reason for one in plugins.describe("workloads")] == [said]


def test_what_is_installed_runs_beside_what_is_built_in(third_party):
    lines = tried("ledger", "strategy", "*", "!dask")
    assert lines["ledger x 12 / backwards"] == lines["ledger x 12 / sequential"] == "ran once"
    processes = f"multiprocessing[workers=3,start={get_start_method()},chunk=1]"
    assert lines[f"ledger x 12 / {processes}"] == "ran once"


def test_of_a_pattern_what_does_not_import_has_a_reason_and_the_others_run(third_party):
    lines = tried("*", "workload", "!cpu*", "!*_*", "!http*", "!p*", "!s*", "!t*", "!mixed")
    assert lines["broken x 64 / sequential"].startswith("third.nowhere:f does not import")
    assert (
        lines["cubed[plus=0] x 64 / sequential"] == lines["noop x 1000 / sequential"] == "ran once"
    )


def test_nobody_knows_the_parameters_of_what_does_not_import(third_party):
    lines = tried("cub*[plus=2]", "workload", "brok*[plus=2]")
    assert lines["broken x 64 / sequential"].startswith("third.nowhere:f does not import")
    assert lines["cubed[plus=2] x 64 / sequential"] == "ran once"


def test_a_name_that_does_not_import_ends_the_run_before_it_begins(third_party):
    with pytest.raises(UsageError, match=r"third\.nowhere:f does not import"):
        plan(resolve({"workload": ("broken", "cubed")}))


def tried(workload, option, *texts):
    """What became of each cell of a dry run."""
    given = {"workload": (workload,), "strategy": ("sequential",)}
    given[option] = (*given[option], *texts) if option == "workload" else texts
    found = dry_run(resolve(given), lambda event: None)
    return {one.name: one.reason or found.past.reason(one.id) or "ran once" for one in found.plan}


def test_a_built_in_name_cannot_be_taken_by_an_entry_point(monkeypatch):
    point = EntryPoint("io_sleep", "evil:Sleep", "concbench.workloads")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point])
    assert plugins.find("workloads", "io_sleep").target == "concbench.workloads.io_sleep:IoSleep"


def test_a_module_in_the_working_directory_is_found_after_all_installed_ones(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("mywork.py").write_text("def f(i):\n    return i\n")
    Path("json.py").write_text("raise ImportError\n")
    with Lanes(Spec("f", "mywork:f")).blocking() as call:
        assert call(1) == 1
    assert sys.path[-1] == str(tmp_path)
    sys.modules.pop("mywork")


class Teapot(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.gets += 1
        self.send_response(418)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


def test_a_users_own_server_gets_one_get_per_task_and_its_status_is_the_answer(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Teapot) as server:
        server.gets = 0
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        spec = plan(resolve({"workload": (f"http_get[url={url}]",), "strategy": ("sequential",)}))
        for name, params in (("sequential", {}), ("asyncio", {"workers": 3})):
            strategy = Spec(name, plugins.find("strategies", name).target, params).build()
            with strategy.open(Lanes(spec[0].cell.workload)) as batch:
                assert batch(range(5)) == [418] * 5
        server.shutdown()
        thread.join()
    assert server.gets == 10


def test_completion_knows_the_names(tmp_path):
    environment = {
        **os.environ,
        "_CONCBENCH_COMPLETE": "complete_bash",
        "COMP_WORDS": "concbench run -s async",
        "COMP_CWORD": "3",
    }
    code = "from concbench.cli.commands import app; app(prog_name='concbench')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True
    )
    known = [name for name in plugins.names("strategies") if name.startswith("async")]
    assert {"asyncio", "asyncio+to_thread"} < set(known)
    assert done.stdout.split() == known
