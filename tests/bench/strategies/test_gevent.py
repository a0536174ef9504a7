"""gevent, always in a process of its own: this one must stay as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from concbench.driver import run
from concbench.plan import plugins
from concbench.plan.settings import resolve
from concbench.spec import Spec, missing

pytestmark = pytest.mark.skipif(missing("gevent") is not None, reason=missing("gevent") or "")

THIRD = Path(__file__).parents[2] / "third_party.py"
PATCHED = Path(__file__).parents[2] / "patched.py"
SCRIPT = """
import json, sys
from concbench.lanes import Lanes
from concbench.spec import Spec
from concbench.strategies.gevent import Gevent
from concbench.lanes.report import total
file, name, params, tasks = json.loads(sys.argv[1])
lanes, found = Lanes(Spec(name, f"{file}:{name}", params)), {}
assert "gevent" not in sys.modules
try:
    with Gevent(3).open(lanes) as batch:
        found["results"] = batch(range(tasks))
        assert batch(range(tasks)) == found["results"]
except Exception as error:
    found["error"] = [type(error).__name__, str(error), *getattr(error, "__notes__", [])]
told = {"told": total(lanes.reports), "lanes": len(lanes.reports), "notes": lanes.notes}
print(json.dumps({**found, **told}))
"""


def greenlets(name: str, tasks: int = 9, file: Path = THIRD, **params: object):
    given = json.dumps([str(file), name, params, tasks])
    command = [sys.executable, "-P", "-c", SCRIPT, given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("workload", ["Both", "ThreadBound", "Counting"])
def test_each_greenlet_opens_uses_and_closes_a_lane_of_its_own(workload):
    found = greenlets(workload)
    assert found["results"] == list(range(9))
    assert (found["lanes"], found["told"]) == (3, {"bytes": 54} if workload == "Counting" else {})
    assert found["notes"] == [{"code": "one-thread"}]


def test_blocking_calls_become_cooperative():
    assert max(greenlets("Waiting", file=PATCHED)["results"]) == 3


def test_the_workload_is_imported_after_the_patch():
    assert greenlets("Early", file=PATCHED)["results"] == [True] * 9


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("raise_", ["LookupError", "nothing there", "in task 2, lane greenlet_0"]),
        ("raise in open", ["OSError", "no such disk"]),
        ("raise in close", ["OSError", "disk is full"]),
    ],
)
def test_errors_arrive_as_they_were_raised(how, error):
    assert greenlets("Misbehaving", how=how)["error"] == error


def test_an_async_workload_is_no_cell_of_greenlets():
    workload = Spec("asquare", f"{THIRD}:asquare").build()
    strategy = Spec("gevent", plugins.find("strategies", "gevent").target, {"workers": 3}).build()
    assert plugins.unfit(workload, strategy).startswith("it has no blocking form")


def test_a_run_with_gevent_leaves_the_driver_and_the_others_unpatched(tmp_path):
    before = time.sleep, threading.Thread.start, subprocess.Popen
    settings = resolve(
        {
            "workload": (f"{PATCHED}:Patched",),
            "strategy": ("sequential", "gevent", "threading"),
            "tasks": 4,
            "rounds": 1,
            "probe": ("latency",),
            "results": tmp_path / "results",
        }
    )
    folder = run(settings, [], lambda event: None)
    cells = json.loads((folder / "run.json").read_text())["cells"]
    assert [cell["status"] for cell in cells] == ["measured"] * 3
    assert before == (time.sleep, threading.Thread.start, subprocess.Popen)
    assert "gevent" not in sys.modules


def test_a_probe_imports_the_workload_after_the_patch(tmp_path):
    job = {"run": "concbench.probes.job:probe", "probes": ["latency"], "tasks": 4}
    job["workload"] = vars(Spec("Patched", f"{PATCHED}:Patched"))
    target = plugins.find("strategies", "gevent").target
    job["strategy"] = vars(Spec("gevent", target, {"workers": 2}))
    (tmp_path / "job.json").write_text(json.dumps(job))
    code = "from concbench.worker import main; main()"
    command = [sys.executable, "-P", "-c", code, str(tmp_path / "job.json")]
    done = subprocess.run(command, env={**os.environ, "STRICT_PATCH": "1"}, timeout=60)
    assert done.returncode == 0, (tmp_path / "error.json").read_text()
