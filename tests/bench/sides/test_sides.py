"""From what a user writes to a side that is ready, and the cells that sides have in common."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from concbench.errors import NotComparable, UsageError
from concbench.plan.settings import resolve
from concbench.processes.children import Children
from concbench.processes.variables import ANSWERS
from concbench.sides import environments
from concbench.sides.build import check, sides
from concbench.sides.environments import output
from concbench.sides.plans import plans

from .repositories import WORK, commit, git, project

CLASS = '''
from dataclasses import dataclass


@dataclass
class Work:
    """Work of its own size."""

    tasks = {tasks}

    def open(self):
        ...
'''


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    about = tmp_path / "site" / "lib-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lib\nVersion: 1\n")
    (about / "direct_url.json").write_text(json.dumps({"url": folder.as_uri(), "dir_info": {}}))
    monkeypatch.syspath_prepend(str(about.parent))
    return folder


@pytest.fixture
def children():
    with Children() as children:
        yield children


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def kept() -> list[Path]:
    """Environments in the cache, built or half-built."""
    found = environments.cache()
    return [path for path in found.iterdir() if path.is_dir()] if found.exists() else []


def asked(children, side, code: str) -> str:
    command = side.command(code)
    return output(children, command, purpose="asked", folder=side.folder).strip()


def planned(children, scratch, texts, **given):
    given = {"workload": ["work.py:work"], "strategy": ["sequential", "threading"], **given}
    found = plans(children, resolve(given), sides(children, texts, scratch), scratch)
    return found.cells, [*found.warnings, *(f"{name}: {why}" for name, why in found.alone)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gti:main", "did you mean git?"),
        ("main", "write git:REV, python:PATH"),
        ("git:", "write git:REV"),
        ("env:FAST", "env:KEY=VALUE"),
        ("env:A='1", "No closing quotation"),
    ],
)
def test_a_text_that_means_no_side_is_named_with_the_choices(text, said):
    with pytest.raises(UsageError, match=said):
        check(text)


def test_a_side_cannot_be_given_twice(children, scratch):
    with pytest.raises(UsageError, match="given twice"):
        sides(children, ["env:A=1", "env:A=1"], scratch)


def test_a_side_cannot_be_given_twice_by_two_names(here, children, scratch):
    commit(here, {"work.py": WORK.format(steps=1)})
    with pytest.raises(
        NotComparable, match="both sides are the same: git:main is another name of git:HEAD"
    ):
        sides(children, ["git:HEAD", "git:main"], scratch)
    with pytest.raises(
        UsageError, match="both sides are the same: env:A='1' is another name of env:A=1"
    ):
        sides(children, ["env:A=1", "env:A='1'"], scratch / "again")


def test_a_choice_of_cells_is_compared_with_another_choice(children, scratch):
    with pytest.raises(UsageError, match="another strategy:NAME"):
        sides(children, ["working tree", "strategy:asyncio"], scratch)


def test_a_revision_has_the_files_it_had_then(here, children, scratch):
    first = commit(here, {"work.py": WORK.format(steps=1)})
    commit(here, {"work.py": WORK.format(steps=2)})
    now, then = sides(children, ["working tree", f"git:{first[:10]}"], scratch)
    assert now.folder is None
    assert "range(1)" in (then.folder / "work.py").read_text()


def test_a_revision_is_named_with_its_commit(here, children, scratch):
    first = commit(here, {"work.py": WORK.format(steps=1)})
    (side,) = sides(children, ["git:main"], scratch)
    assert side.title == f"git:main ({first[:7]})"


def test_a_revision_is_measured_with_the_library_of_that_revision(here, children, scratch):
    first = project(here, answer=1)
    project(here, answer=2)
    (then,) = sides(children, [f"git:{first}"], scratch)
    assert asked(children, then, "import lib; print(lib.ANSWER)") == "1"


def test_a_revision_is_measured_by_our_own_bench(here, children, scratch):
    first = project(here, answer=1, **{"concbench/__init__.py": "theirs = True"})
    (then,) = sides(children, [f"git:{first}"], scratch)
    code = "import concbench; print(concbench.__file__, hasattr(concbench, 'theirs'))"
    assert asked(children, then, code) == f"{then.own / 'concbench/__init__.py'} False"


def test_a_revision_sees_the_libraries_that_are_installed_here(here, children, scratch):
    first = project(here, answer=1)
    (then,) = sides(children, [f"git:{first}"], scratch)
    import pyperf

    assert asked(children, then, "import pyperf; print(pyperf.__file__)") == pyperf.__file__


def test_a_revision_is_built_once(here, children, scratch, monkeypatch):
    first = project(here, answer=1)
    (built,) = sides(children, [f"git:{first}"], scratch)
    monkeypatch.setattr(environments, "create", None)  # to build again would fail
    (again,) = sides(children, ["git:main"], scratch / "again")
    assert (again.python, again.folder) == (built.python, built.folder)
    assert len(kept()) == 1


def test_what_a_kill_left_half_built_is_built_anew(here, children, scratch):
    project(here, answer=1)
    sides(children, ["git:main"], scratch)
    (folder,) = kept()
    (folder / environments.READY).unlink()
    (folder / "tree" / "lib.py").unlink()
    (again,) = sides(children, ["git:main"], scratch / "again")
    assert (again.folder / "lib.py").exists()


def test_a_revision_that_does_not_install_says_what_pip_said_and_leaves_nothing(
    here, children, scratch
):
    project(here, answer=1, **{"backend.py": "raise OSError('no compiler')"})
    with pytest.raises(UsageError, match=r"(?s)git:main does not install.*no compiler"):
        sides(children, ["git:main"], scratch)
    assert kept() == []
    assert git(here, "worktree", "list").count("\n") == 0


def test_a_build_that_is_interrupted_leaves_nothing(here, children, scratch, monkeypatch):
    project(here, answer=1)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(environments, "install", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sides(children, ["git:main"], scratch)
    assert kept() == []
    assert git(here, "worktree", "list").count("\n") == 0


def test_a_disk_that_is_full_while_a_side_is_built_keeps_nothing_of_it(
    here, children, scratch, monkeypatch
):
    project(here, answer=1)
    true = environments.bare

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def filled(*given: object, **more: object) -> Path:
        made = true(*given, **more)
        monkeypatch.setattr(environments, "TemporaryFile", full)
        return made

    monkeypatch.setattr(environments, "bare", filled)
    with pytest.raises(UsageError, match=r"cannot keep an environment.*No space left on device"):
        sides(children, ["git:main"], scratch)
    assert kept() == []


def test_a_place_in_which_python_makes_no_environment_is_named(children, tmp_path):
    place = tmp_path / os.fsdecode(b"caf\xe9")
    with pytest.raises(UsageError, match=r"name is not UTF-8 \(XDG_CACHE_HOME"):
        environments.create(children, sys.executable, place)
    assert not place.exists()


def test_a_revision_that_does_not_exist_is_named(here, children, scratch):
    commit(here, {"work.py": WORK})
    with pytest.raises(UsageError, match="no revision 'nope'"):
        sides(children, ["git:nope"], scratch)


def test_a_folder_without_git_is_named(here, children, scratch):
    with pytest.raises(UsageError, match="no git repository"):
        sides(children, ["git:main"], scratch)


def test_an_interpreter_that_has_what_a_worker_needs_is_used_as_it_is(children, scratch):
    (side,) = sides(children, [f"python:{sys.executable}"], scratch)
    assert side.python == sys.executable


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (
            '{"version": [3, 8, 18], "free": false, "pyperf": true}',
            "is Python 3.8.18: concbench needs 3.11",
        ),
        ("what?", "there is no interpreter"),
    ],
)
def test_an_interpreter_that_will_not_do_is_named(children, scratch, tmp_path, said, wrong):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{said}' > /dev/fd/${{{ANSWERS}:-1}}\n")
    python.chmod(0o755)
    with pytest.raises(UsageError, match=wrong):
        sides(children, [f"python:{python}"], scratch)


def test_an_interpreter_that_is_missing_is_named(children, scratch):
    with pytest.raises(UsageError, match=r"no interpreter python:9\.9"):
        sides(children, ["python:9.9"], scratch)


def test_the_same_cell_of_every_side_is_one_pair(here, children, scratch):
    commit(here, {"work.py": WORK.format(steps=1)})
    cells, warnings = planned(children, scratch, ["working tree", "git:main"])
    assert [(one.id, one.pair) for one in cells] == [(0, 0), (1, 1), (2, 0), (3, 1)]
    assert [one.block for one in cells] == [0, 0, 1, 1]
    assert cells[0].cell.name == cells[2].cell.name
    assert cells[0].cell.workload.target != cells[2].cell.workload.target
    assert not warnings


def test_cells_that_only_one_side_has_are_named_and_the_others_compared(here, children, scratch):
    commit(here, {"work.py": "def work(i):\n    return i\n"})
    (here / "work.py").write_text(WORK.format(steps=1))
    workloads = ["work.py:work", "work.py:other"]
    cells, warnings = planned(
        children, scratch, ["working tree", "git:main"], workload=workloads, strategy=["sequential"]
    )
    assert [one.cell.workload.name for one in cells] == ["work", "work"]
    assert any("git:main" in line and "has no 'other'" in line for line in warnings)
    assert any("other x 64 / sequential: only working tree has it" in line for line in warnings)


def test_a_revision_without_the_workload_is_named(here, children, scratch):
    commit(here, {"work.py": "def other(i):\n    return i\n"})
    (here / "work.py").write_text("def work(i):\n    return i\n")
    with pytest.raises(UsageError, match=r"git:main.*has no 'work'"):
        planned(children, scratch, ["working tree", "git:main"])


def test_sides_with_other_sizes_are_not_comparable(here, children, scratch):
    commit(here, {"work.py": CLASS.format(tasks=1)})
    (here / "work.py").write_text(CLASS.format(tasks=2))
    with pytest.raises(NotComparable, match="no cell in common"):
        planned(children, scratch, ["working tree", "git:main"], workload=["work.py:Work"])


def test_a_choice_of_cells_pairs_by_workload(children, scratch):
    cells, _ = planned(
        children,
        scratch,
        ["strategy:asyncio", "strategy:threading"],
        workload=["io_sleep", "cpu_sum"],
    )
    assert [(one.pair, one.cell.strategy.name) for one in cells] == [
        (0, "asyncio"),
        (1, "asyncio"),
        (0, "threading"),
        (1, "threading"),
    ]


def test_a_path_in_the_repository_means_the_side_s_own_file(here, children, scratch):
    commit(here, {"work.py": WORK.format(steps=1)})
    path = here / "work.py"
    cells, _ = planned(children, scratch, ["git:main"], workload=[f"{path}:work"])
    assert str(path) not in cells[0].cell.workload.target


def test_a_sweep_over_a_choice_of_cells_pairs_by_workers(children, scratch):
    both = ["strategy:asyncio", "strategy:threading"]
    cells, _ = planned(children, scratch, both, workload=["io_sleep"], param=["workers=2,4"])
    told = [(one.pair, one.workers, one.cell.strategy.name) for one in cells]
    assert told == [
        (0, 2, "asyncio"),
        (1, 4, "asyncio"),
        (0, 2, "threading"),
        (1, 4, "threading"),
    ]


def test_a_choice_of_several_cells_is_named(children, scratch):
    several = ["strategy:multiprocessing", "strategy:threading"]
    with pytest.raises(UsageError, match=r"several strategies \(multiprocessing\[workers=16,"):
        planned(children, scratch, several, workload=["io_sleep"], param=["chunk=1,2"])
