"""`concbench.run`: from a notebook, from a script, with work of any kind."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import nbclient
import nbformat
import pytest

import concbench
from concbench import notebook
from concbench.driver.watch import Event
from concbench.errors import UsageError

SMALL = {"tasks": 4, "rounds": 1, "quiet": True}
SPAWN, FORK, FORKSERVER = (
    f"multiprocessing[start={how},workers=2]" for how in ("spawn", "fork", "forkserver")
)

CELLS = (
    """
    import concbench, json, time
    factor = 3

    def triple(i, *, plus=1):
        time.sleep(0.001)
        return factor * i + plus
    """,
    f"""
    found = concbench.run(
        triple, strategy=["sequential", "threading", "{SPAWN}", "{FORK}"], tasks=4, rounds=2
    )
    found
    """,
    """
    print(json.dumps(list(found.cells()["status"])))
    """,
)

SCRIPT = f"""
import asyncio, concbench, json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from helper import double

def work(i):
    return double(i)

async def awaited(i):
    await asyncio.sleep(0)
    return i

@dataclass(frozen=True)
class Listed:
    times: int  # a field without a default, and one with
    more: list = None

    @contextmanager
    def open(self):
        yield lambda i: [i] * self.times

async def main():
    more = [awaited, Listed(2), lambda i: -i]
    yield concbench.run(work, strategy=["sequential", "{SPAWN}", "{FORKSERVER}"], **{SMALL})
    yield concbench.run(more, strategy=["asyncio"], **{SMALL})

async def told():
    return [[c.workload.name, c.status] async for run in main() for c in run.stored.run.cells]

# No `if __name__ == "__main__"`: no worker runs this again.
print(json.dumps(asyncio.run(told())))
"""


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))


@dataclass(frozen=True)
class Sized:
    size: int = 1
    name: str = "a"
    port: int = field(default=0, repr=False)


def executed(*sources: str):
    cells = [nbformat.v4.new_code_cell(dedent(source)) for source in sources]
    book = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    return [cell.outputs for cell in book.cells]


def test_a_notebook_measures_its_own_function_where_a_loop_is_running():
    nothing, shown, statuses = executed(*CELLS)
    assert not nothing
    assert json.loads(statuses[0].text) == ["measured"] * 4
    progress, run = shown
    assert progress.data["text/plain"].startswith("measured: 2 rounds in ")
    assert "triple: " in run.data["text/plain"]
    html, markdown = run.data["text/html"], run.data["text/markdown"]
    assert html.count("<tr>") == 5
    assert html.count("<svg ") == 1
    assert "<script" not in html
    assert "| sequential |" in markdown
    assert "](data:image/svg+xml;base64," in markdown


def test_a_script_measures_what_it_defines_with_what_stands_beside_it(tmp_path):
    (folder := tmp_path / "elsewhere").mkdir()
    (folder / "helper.py").write_text("def double(i):\n    return 2 * i\n")
    command = [sys.executable, folder / "script.py"]
    command[1].write_text(SCRIPT)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = json.loads(done.stdout) if done.returncode == 0 else done.stderr
    names = ("work", "work", "work", "awaited", "Listed", "lambda")
    assert found == [[name, "measured"] for name in names]
    assert not done.stderr


def test_a_function_of_a_file_is_imported_and_needs_no_cloudpickle(tmp_path, monkeypatch):
    (tmp_path / "own_module.py").write_text("def same(i):\n    return i\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    from own_module import same

    found = concbench.run(same, strategy="sequential", results="kept", **SMALL)
    (cell,) = found.stored.run.cells
    assert cell.workload.target == f"{tmp_path / 'own_module.py'}:same"
    assert cell.status == "measured"
    assert found.folder.parent == tmp_path / "kept" / "runs"
    assert (found.folder / "cells.csv").exists()
    assert found.stored.run.argv[:3] == ("run", "--workload", cell.workload.target)


def test_a_function_of_a_package_is_named_by_its_module():
    assert notebook.text(json.dumps, Path()) == "json:dumps"
    assert notebook.text(json.JSONDecoder, Path()) == "json.decoder:JSONDecoder"


def test_an_instance_brings_the_parameters_that_are_not_the_defaults(tmp_path):
    def brackets(work):
        return notebook.text(work, tmp_path).rpartition(":")[2]

    assert brackets(Sized()) == "Sized"
    assert brackets(Sized(size=2, name="b", port=80)) == "Sized[size=2,name=b]"
    with pytest.raises(UsageError, match="Sized: 'name' must not contain a comma"):
        brackets(Sized(name="a,b"))


@pytest.mark.parametrize("work", [7, ["io_sleep", None]])
def test_what_is_no_work_at_all_is_refused(work):
    with pytest.raises(UsageError, match="workload must be texts, functions or dataclasses, not "):
        concbench.run(work, **SMALL)


def test_options_are_checked_as_those_of_the_command_are():
    with pytest.raises(UsageError, match="rounds must be between 1 and 100,000, not 0"):
        concbench.run("io_sleep", rounds=0)


def test_the_live_line_is_one_and_is_not_drawn_more_often_than_can_be_read(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(notebook.time, "monotonic", lambda: next(clock) * 0.1)
    drawn = []

    def display(line, *, raw, display_id):
        assert raw
        assert display_id
        drawn.append(line)
        return SimpleNamespace(update=lambda line, raw: drawn.append(line))

    with notebook.live(display) as watch:
        for number in range(100):
            watch(Event(number, 0, 1, "<b> x 4 / sequential", number, 100 - number))
    assert 2 < len(drawn) < 30
    assert drawn[0]["text/plain"] == "preparing"
    assert "&lt;b&gt; x 4" in drawn[1]["text/html"]
    assert drawn[-1]["text/plain"].startswith("measured: 100 rounds in ")


def test_a_run_that_fails_leaves_no_line_that_says_it_goes_on():
    drawn = []

    def display(line, **_):
        return SimpleNamespace(update=lambda line, raw: drawn.append(line))

    with pytest.raises(KeyboardInterrupt), notebook.live(display):
        raise KeyboardInterrupt
    assert drawn[-1]["text/plain"].startswith("stopped: 0 rounds")
