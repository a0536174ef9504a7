"""What children import for themselves, and what a fork server imports once for all of them."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
from pathlib import Path

import pytest

from concbench.lanes import Lanes
from concbench.plan.plugins import find
from concbench.processes.children import interpreter_command
from concbench.spec import Spec

pytestmark = pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="there is no fork server"
)
IMPORTED = """
import os, sys
from pathlib import Path
with open(Path(__file__).with_name("imported"), "a") as log:
    log.write(f"{os.getpid()}\\n")
def work(i): return i
work.clients = {"blocking": "loud"}
"""
LOUD = IMPORTED.partition("def work")[0].replace('"imported"', '"loud-imported"')
RUN = """
import json, os, sys
from concbench.errors import UsageError
from concbench.lanes import Lanes
from concbench.spec import Spec
target, name, params = json.loads(sys.argv[1])
workload = Spec("Work", target)
try:
    lanes = Lanes(workload)
    strategy = Spec("strategy", name, params).build()
    with strategy.open(lanes) as batch:
        assert batch(range(4)) == [0, 1, 2, 3]
    answer = {"notes": lanes.notes, "left": [key for key in os.environ if "PRELOAD" in key],
              "path": os.environ.get("PYTHONPATH")}
except Exception as error:
    answer = {"error": f"{type(error).__name__}: {error}"}
print(json.dumps({**answer, "pid": os.getpid()}))
"""
WORK = """
from contextlib import contextmanager
from dataclasses import dataclass
@dataclass(frozen=True)
class Work:
    clients = {"blocking": "loud"}
    @contextmanager
    def open(self):
        import loud
        yield lambda i: i
"""


def run(folder: Path, name: str, code: str = WORK, **params: object) -> dict[str, object]:
    """Open the strategy in a fresh process: a fork server is one for a whole process."""
    file = folder / "work.py"
    file.write_text(IMPORTED.partition("def work")[0] + code)
    question = [f"{file}:Work", find("strategies", name).target, {"workers": 3, **params}]
    done = subprocess.run(
        [*interpreter_command(RUN), json.dumps(question)],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path_with(folder)},
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def path_with(folder: Path) -> str:
    return os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))


def importers(folder: Path, what: str) -> list[str]:
    return (folder / what).read_text().split() if (folder / what).exists() else []


@pytest.mark.parametrize(
    ("params", "workload", "client"),
    [
        ({"start": "forkserver"}, 2, 1),
        ({"start": "forkserver", "pool": "Pool.map"}, 2, 1),
        ({"start": "forkserver", "preload": False}, 4, 3),
        ({"start": "fork"}, 1, 1),
        ({"start": "spawn"}, 4, 3),
    ],
)
def test_what_a_fork_server_imports_its_children_do_not(params, workload, client, tmp_path):
    (tmp_path / "loud.py").write_text(LOUD)
    answer = run(tmp_path, "multiprocessing", **params)
    assert "error" not in answer
    here = str(answer["pid"])
    assert len(importers(tmp_path, "imported")) == workload
    assert len(importers(tmp_path, "loud-imported")) == client
    assert (here in importers(tmp_path, "loud-imported")) == (params["start"] == "fork")
    preloaded = params["start"] == "forkserver" and params.get("preload", True)
    assert answer["notes"] == ([{"code": "preloaded"}] if preloaded else [])
    assert answer["left"] == []
    assert answer["path"] == path_with(tmp_path)


def test_a_client_that_is_missing_is_said_whether_it_is_imported_here_or_not(tmp_path):
    for start in ("forkserver", "spawn"):
        answer = run(tmp_path, "asyncio+processpool", start=start)
        assert str(answer["error"]).startswith("UsageError: its client 'loud' is not")


def test_what_fails_in_the_fork_server_is_raised_where_it_is_needed(tmp_path):
    (tmp_path / "loud.py").write_text("raise RuntimeError('not today')")
    answer = run(tmp_path, "multiprocessing", start="forkserver")
    assert answer["error"] == "RuntimeError: not today"


@pytest.mark.parametrize("name", ["multiprocessing", "asyncio+processpool"])
def test_no_preload_is_refused_where_nothing_is_preloaded(name):
    target = find("strategies", name).target
    with pytest.raises(ValueError, match="preload=false is for start=forkserver: spawn"):
        Spec(name, target, {"workers": 2, "start": "spawn", "preload": False}).build()
    with pytest.raises(ValueError, match="preload must be true or false, not 1"):
        Spec(name, target, {"workers": 2, "start": "forkserver", "preload": 1}).build()


def test_children_say_the_cpu_that_their_start_took():
    lanes = Lanes(Spec("square", f"{Path(__file__).parents[2] / 'third_party.py'}:square"))
    with lanes.processes(2, "spawn") as pool:
        assert pool.submit(abs, -1).result() == 1
    assert [one.startup is not None and one.startup > 0 for one in lanes.reports] == [True] * 2
    with lanes.threads(1):
        pass
    assert lanes.reports[-1].startup is None
