"""Another version of a library is a side: an environment with it over what is installed here."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.processes.children import Children
from concbench.sides import MeasuredSide, build, environments
from concbench.sides.build import sides
from concbench.sides.environments import output, pip_reason
from concbench.sides.proof import Checkout, Proof

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
ASK = "import odd_library, pyperf; print(odd_library.VALUE)"


def wheel(folder: Path, version: str) -> None:
    about = f"odd_library-{version}.dist-info"
    files = {
        "odd_library.py": f"VALUE = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: odd-library\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{about}/RECORD"))
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"odd_library-{version}-py3-none-any.whl", "w") as made:
        for name, text in {**files, f"{about}/RECORD": record}.items():
            made.writestr(name, text)


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """Two versions of a library that pip finds here alone."""
    for version in ("1.0", "2.0"):
        wheel(tmp_path / "wheels", version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "wheels"


@pytest.fixture
def children():
    with Children() as children:
        yield children


def test_each_side_has_the_version_that_it_names(wheels, children, tmp_path, monkeypatch):
    """One from an index, in the cache from then on; one from a file, which may change."""
    first = f"pip:odd-library @ {(wheels / 'odd_library-1.0-py3-none-any.whl').as_uri()}"
    old, new = sides(children, [first, "pip:odd-library==2.0"], tmp_path / "scratch")
    for side, value in ((old, "1.0"), (new, "2.0")):
        said = output(children, side.command(ASK), purpose="asked", variables=side.variables)
        assert said.strip() == value
    assert (old.title, new.title) == (f"{first} (1.0)", "pip:odd-library==2.0")
    assert old.library == new.library == "odd-library"
    assert new.environment.is_relative_to(environments.cache())
    assert old.environment.is_relative_to(tmp_path / "scratch")
    monkeypatch.setattr(environments, "install", None)  # to build again would fail
    (again,) = sides(children, ["pip:odd-library==2.0"], tmp_path / "again")
    assert again.python == new.python


def test_a_version_that_there_is_not_is_refused_with_the_reason_of_pip(wheels, children, tmp_path):
    with pytest.raises(UsageError) as raised:
        sides(children, ["pip:odd-library==3.0"], tmp_path / "scratch")
    first, *reason = str(raised.value).splitlines()
    assert first == "pip:odd-library==3.0 does not install:"
    assert reason[0].strip() == (
        "Could not find a version that satisfies the requirement odd-library==3.0 "
        "(from versions: 1.0, 2.0)"
    )
    assert not any("exit code" in line for line in reason)


@pytest.mark.once
def test_two_versions_are_compared_in_one_run(wheels, tmp_path):
    (tmp_path / "work.py").write_text(
        "import odd_library\ndef work(i):\n    return odd_library.VALUE\n"
    )
    words = ["run", "-w", "work.py:work", "-s", "sequential", "--tasks", "2", "--rounds", "1"]
    words += ["--probe", "none", "-q", "--side", "pip:odd-library==1.0"]
    words += ["--side", "pip:odd-library==2.0"]
    done = subprocess.run(
        [*COMMAND, *words], env={**os.environ}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "sides pip:odd-library==1.0; pip:odd-library==2.0" in done.stdout
    assert "other work" in done.stdout


@pytest.mark.parametrize("used", [True, False])
def test_a_library_that_nobody_imports_is_said(tmp_path, used):
    environment = tmp_path / "venv"
    (environment / "lib" / "odd-1.dist-info").mkdir(parents=True)
    side = MeasuredSide("pip:odd==1", environment=environment)
    here = Checkout(tmp_path / "repository", frozenset())
    told = Proof([side], here, {side.title: here}, [])
    file = environment / "lib" / "odd.py" if used else tmp_path / "other.py"
    told.add(side.title, {"odd": str(file)})
    line = (
        "pip:odd==1: nothing that was measured imports what pip installed for it [library-unused]"
    )
    assert told.trouble() == ([] if used else [line])


BUILD = """\
  error: subprocess-exited-with-error

  x Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [14 lines of output]
      {0}
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
ERROR: Failed to build 'file:///there' when getting requirements to build wheel
"""
FLAT = "error: Multiple top-level packages discovered in a flat-layout: ['a', 'b']."
MANY = "(from versions: 1, 2, 3, 4, 5, 6, 7)"


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (BUILD.format(f"{FLAT}\n\n      To avoid accidental inclusion of files,"), [FLAT]),
        (
            BUILD.format("Traceback (most recent call last):\n      OSError: no compiler"),
            ["OSError: no compiler"],
        ),
        (
            BUILD.format("x.c:1:10: fatal error: Python.h: No such file\n      error: gcc failed"),
            ["x.c:1:10: fatal error: Python.h: No such file", "error: gcc failed"],
        ),
        (
            f"WARNING: old\nERROR: Ignored the following yanked versions: 1\nERROR: none {MANY}\n",
            ["none (from versions: ... 3, 4, 5, 6, 7)"],
        ),
        ("something else", []),
    ],
)
def test_the_reason_of_pip_is_told_and_not_its_frame(errors, reason):
    assert pip_reason(errors) == reason


def test_pip_is_a_form_of_a_side():
    build.check("pip:numpy==1.26")
    with pytest.raises(UsageError, match="pip:REQUIREMENT"):
        build.check("pip:")
