"""Digests of the code that is measured."""

from __future__ import annotations

import importlib
import sys

import pytest

from concbench.machine.identity import of_extra, versions
from concbench.plan.digests import plugins
from concbench.plan.plugins import find
from concbench.spec import Cell, Spec, load
from concbench.store.circumstances import changes

from ..sides.repositories import commit, git

SEQUENTIAL = find("strategies", "sequential")


def digests(target: str) -> dict[str, str]:
    load(target)
    return plugins([Cell(Spec("work", target), SEQUENTIAL, 1)])


@pytest.fixture
def fresh(monkeypatch):
    """Modules that a test imports are forgotten after it."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_our_own_plug_ins_have_no_digest():
    assert plugins([Cell(find("workloads", "noop"), SEQUENTIAL, 1)]) == {}


@pytest.mark.usefixtures("fresh")
def test_the_code_of_a_plug_in_is_its_file_and_what_it_imports_from_beside_it(tmp_path):
    file, beside, other = (tmp_path / name for name in ("mine.py", "helper_of_it.py", "other.py"))
    file.write_text("import helper_of_it\ndef work(i): return i\n")
    beside.write_text("STEPS = 1\n")
    other.write_text("STEPS = 1\n")
    first = digests(f"{file}:work")
    assert list(first) == ["workload work"]
    other.write_text("STEPS = 2\n")
    assert digests(f"{file}:work") == first
    beside.write_text("STEPS = 2\n")
    second = digests(f"{file}:work")
    assert second != first
    file.write_text("import helper_of_it\ndef work(i): return -i\n")
    assert digests(f"{file}:work") not in (first, second)


@pytest.mark.usefixtures("fresh")
def test_the_code_of_a_plug_in_in_a_package_is_what_it_imports_of_that(tmp_path):
    package = tmp_path / "package_of_mine"
    package.mkdir()
    (package / "__init__.py").write_text("from .inner import work\n")
    (package / "inner.py").write_text("def work(i): return i\n")
    sys.path.append(str(tmp_path))
    importlib.invalidate_caches()
    first = digests("package_of_mine:work")
    (package / "inner.py").write_text("def work(i): return -i\n")
    assert digests("package_of_mine:work") != first


def test_uncommitted_changes_are_those_of_tracked_files_and_new_modules_without_results(tmp_path):
    folder = tmp_path / "repository"
    results = folder / ".concbench"
    commit(folder, {"a.py": "1", "latin.txt": "1", ".concbench/baselines/main/run.json": "{}"})
    assert changes(folder, results) == ""
    (folder / "new.txt").write_text("1")
    (results / "baselines/main/run.json").write_text("other")
    assert changes(folder, results) == ""
    (folder / "new.py").write_text("1")
    assert changes(folder, results) not in ("", None)
    (folder / "new.py").unlink()
    (folder / "a.py").write_text("2")
    one = changes(folder, results)
    assert one
    (folder / "latin.txt").write_bytes(b"\xe4")  # no UTF-8
    assert changes(folder, results) not in (one, "", None)
    git(folder, "add", "-A")
    assert changes(folder, tmp_path / "elsewhere") not in (one, "", None)


def test_where_there_is_no_repository_nothing_is_known_of_changes(tmp_path):
    assert changes(tmp_path, tmp_path / ".concbench") is None


def test_a_library_has_its_version_by_the_name_of_a_module_too():
    assert versions(["pyperf"]) == versions(["pyperf", "sqlite3", "no such thing"])
    assert list(versions(["yaml"])) in ([], ["PyYAML"])
    assert list(versions(["dateutil.parser"])) == ["python-dateutil"]


def test_an_extra_brings_its_distributions():
    assert "distributed" in of_extra("dask")
    assert of_extra("") == []
