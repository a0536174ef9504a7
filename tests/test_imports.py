"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

MAY = {
    "workloads": set(),
    "reports": {"reports"},
    "bench": {"bench"},
}
LATE = {
    "bench.__init__",
    "bench.driver.__init__",
    "bench.notebook",
    *(f"bench.cli.{part}" for part in ("behaviours", "check", "run", "stored")),
    *(f"bench.gate.{part}" for part in ("__init__", "baseline", "noise", "samples")),
}  # these hand results to reports, inside a function
FREE = {"reports.files", "reports.run.provenance"}
"""Of the standard library alone: what bench shares with reports, at the top too."""
HEAVY = ["pandas", "matplotlib", "numpy", "scipy", "typer", "rich", "pydantic", "psutil"]


def modules(package: str):
    folder = Path(find_spec(package).submodule_search_locations[0])
    for path in sorted(folder.rglob("*.py")):
        yield ".".join([package, *path.relative_to(folder).with_suffix("").parts]), path


def imported(nodes) -> set[str]:
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            places = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            if not places & FREE:
                names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("package", MAY)
def test_packages_import_only_what_the_layout_allows(package):
    for name, path in modules(package):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        ours = imported(ast.walk(tree)) & set(MAY)
        allowed = MAY[package] | ({"reports"} if name in LATE else set())
        assert ours <= allowed, name
        if name in LATE:
            assert "reports" not in imported(tree.body)


def loaded_by(code: str) -> set[str]:
    listing = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", listing], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_timed_process_imports_nothing_heavy():
    assert not loaded_by("import bench.worker, bench.lanes") & {*HEAVY, "asyncio", "pyperf"}


def test_what_bench_shares_with_reports_is_of_the_standard_library():
    shared = loaded_by(f"import {', '.join(sorted(FREE))}")
    assert shared <= {*sys.stdlib_module_names, *loaded_by(""), "reports"}


def test_strategies_import_their_libraries_when_they_are_opened():
    modules = [f"bench.strategies.{name}" for name in ("trio", "anyio", "gevent", "joblib", "dask")]
    extras = {"trio", "anyio", "gevent", "joblib", "distributed", "dask"}
    assert not loaded_by(f"import {', '.join(modules)}, workloads.io_sleep") & extras


def test_the_driver_imports_no_pandas():
    assert not loaded_by("import bench.driver, bench.cli.run") & {
        "pandas",
        "matplotlib",
        "scipy",
    }


def test_help_imports_nothing_that_only_a_run_needs():
    assert not loaded_by("import bench.cli") & {"pandas", "scipy", "pyperf", "psutil", "pydantic"}
