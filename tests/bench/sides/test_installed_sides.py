"""Real installations by pip: each side has the library of its own tree, or the check stops."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from . import layouts
from .layouts import LAYOUTS, PLACES, Environment
from .repositories import commit

pytestmark = pytest.mark.once

OLD, NEW = dict.fromkeys(PLACES, 1), dict.fromkeys(PLACES, 2)
BACKEND = """
import tomllib
import zipfile
from pathlib import Path

PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
NAME = PROJECT["name"].replace("-", "_")


def _written(folder, files):
    about = f"{NAME}-1.dist-info"
    scripts = "\\n".join(f"{k} = {v}" for k, v in PROJECT["scripts"].items())
    files = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\\nName: {PROJECT['name']}\\nVersion: 1\\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{about}/entry_points.txt": f"[console_scripts]\\n{scripts}\\n",
    }
    record = "".join(f"{name},,\\n" for name in (*files, f"{about}/RECORD"))
    name = f"{NAME}-1-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        for path, text in {**files, f"{about}/RECORD": record}.items():
            wheel.writestr(path, text)
    return name


def _source():
    return Path("src") if Path("src").is_dir() else Path()


def build_wheel(folder, config_settings=None, metadata_directory=None):
    source = _source()
    packages = [path.parent for path in source.glob("*lib/__init__.py")]
    files = [path for package in packages for path in package.rglob("*") if path.is_file()]
    kept = [path for path in files if "__pycache__" not in path.parts]
    return _written(folder, {str(path.relative_to(source)): path.read_text() for path in kept})


def build_editable(folder, config_settings=None, metadata_directory=None):
    return _written(folder, {f"__editable__.{NAME}.pth": str(_source().resolve())})
"""
DRIVE = """
import json, os, sys
from pathlib import Path
from concbench.cli import main
sys.argv = ["concbench", *json.loads(sys.argv[1])]
main()
"""


def repository(root: Path, layout: layouts.Layout, values: dict[str, int]) -> None:
    files = {os.path.normpath(name): text for name, text in layout.files(values).items()}
    files |= {f"{folder}/backend.py": BACKEND for folder in layout.projects()}
    commit(root, {**files, ".gitignore": "__pycache__\n.concbench\n"})


def installed(environment: Environment, root: Path, layout: layouts.Layout, *words: str) -> None:
    folders = [word for one in layout.projects() for word in (*words, str(root / one))]
    pip = [str(environment.python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(
        [*pip, "install", "--no-cache-dir", "--no-index", "--no-compile", *folders],
        env={**os.environ, "PIP_NO_INPUT": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("CI", raising=False)
    return Environment(tmp_path / "venv").make(), tmp_path / "repository"


def checked(environment: Environment, folder: Path) -> subprocess.CompletedProcess[str]:
    words = ["-w", "work.py:work", "-s", "sequential", "--tasks", "1", "--rounds", "1", "-q"]
    words += ["--timeout", "120s", "--against", "git:HEAD~1"]
    return subprocess.run(
        [str(environment.python), "-P", "-c", DRIVE, json.dumps(["check", *words])],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("words", [(), ("-e",)], ids=["regular", "editable"])
@pytest.mark.parametrize("layout", ["src", "siblings", "workspace"])
def test_each_side_has_its_own_installation(made, layout, words):
    environment, root = made
    shape = LAYOUTS[layout]
    repository(root, shape, OLD)
    repository(root, shape, NEW)
    installed(environment, root, shape, *words)
    done = checked(environment, root / shape.inside)
    assert done.returncode == 0, done.stderr
    # All places gave other answers: each side used its own.
    assert "the sides give different answers" in " ".join(done.stdout.split()), done.stdout
    (run,) = (root / ".concbench/runs").glob("*/run.json")
    facts = json.loads(run.read_text())
    now, then = facts["imports"].values()
    differing = {file for file in now["tree"] if now["tree"][file] != then["tree"].get(file)}
    assert {Path(file).name for file in differing} >= {"work.py", "helper.py"}


def test_a_stale_installation_stops_the_check(made):
    environment, root = made
    shape = LAYOUTS["src"]
    repository(root, shape, OLD)
    installed(environment, root, shape)
    repository(root, shape, OLD | {"package": 2})
    done = checked(environment, root)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "working tree imports " in done.stderr and "pip install -e" in done.stderr
    assert "core.py differs from" in done.stderr


def test_a_check_of_a_baseline_stops_at_a_stale_installation_too(made, monkeypatch):
    environment, root = made
    path = f"{environment.python.parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)  # a run without sides leaves it as it is
    shape = LAYOUTS["src"]
    repository(root, shape, OLD)
    installed(environment, root, shape)
    words = ["-w", "work.py:work", "-s", "sequential", "--tasks", "1", "-q", "--timeout", "120s"]
    command = [str(environment.python), "-P", "-c", DRIVE]
    run = ["run", *words, "--rounds", "6", "--probe", "none", "--save-baseline", "main"]
    options = {"cwd": root, "capture_output": True, "text": True, "timeout": 300}
    done = subprocess.run([*command, json.dumps(run)], **options)
    assert done.returncode == 0, done.stderr
    repository(root, shape, OLD | {"data": 2})
    check = ["check", *words, "--baseline", "main"]
    done = subprocess.run([*command, json.dumps(check)], **options)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "data.txt differs from" in done.stderr
