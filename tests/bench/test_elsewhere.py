"""What a system may lack: fork, resource, /proc, pidfd_open, SIGKILL, sched_getaffinity.

An imitation on Linux: it shows that nothing of ours needs them, not that macOS or Windows work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ELSEWHERE = Path(__file__).parents[1] / "elsewhere"
ROOT = Path(__file__).parents[2]
ALL = """
import os, signal, sys
from importlib import import_module
from pkgutil import walk_packages

import bench, reports, workloads

assert not hasattr(os, "fork") and not hasattr(signal, "SIGKILL")
for package in (bench, reports, workloads):
    for module in walk_packages(package.__path__, package.__name__ + "."):
        import_module(module.name)
print(len(sys.modules))
"""
RUN = ["run", "-w", "io_sleep[seconds=0.001]", "-s", "threading", "-s", "multiprocessing"]
SMALL = ["--start", "spawn", "--tasks", "4", "--workers", "2", "--rounds", "1", "--budget", "5m"]

pytestmark = pytest.mark.once


def python(folder: Path, code: str, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ELSEWHERE), str(ROOT)])}
    command = [sys.executable, "-P", "-c", code, *words]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)


def test_every_module_is_imported_where_the_system_has_less(tmp_path):
    done = python(tmp_path, ALL)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 500


def test_a_run_is_whole_where_the_system_has_less_and_says_why_a_metric_is_missing(tmp_path):
    code = "from concbench.cli import main; main()"
    done = python(tmp_path, code, *RUN, *SMALL, "--probe", "all")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / ".concbench" / "latest"
    cells = json.loads((folder / "run.json").read_text(encoding="utf-8"))["cells"]
    assert [cell["reason"] for cell in cells] == ["", ""]
    for probed in json.loads((folder / "probes.json").read_text(encoding="utf-8"))["cells"]:
        assert "there is no /proc here" in probed["absent"]["left"]
        assert "lag" in probed["absent"]
    assert "CPU time unknown" in done.stdout
