"""The folder list is the architecture: who may import whom, and how large each part may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = {
    "bench": """
        errors contracts
        answers inputs spec pickled clients imports
        engine
        lanes
        strategies
        processes
        machine
        plan
        sides
        store
        probes parts
        worker
        driver
        gate
        behaviour
        course advice
        init
        cli
        notebook __main__
    """,
    "reports": """
        text codes
        numbers errors files table
        run
        stats
        analysis sweeps
        history gate lessons advice
        charts
        page
        render
    """,
}
"""The parts of each package, a line a floor: each may import those of its own floor and above."""
FLOORS = {
    package: {part: at for at, line in enumerate(floors.split("\n")) for part in line.split()}
    for package, floors in ORDER.items()
}
PLUG_INS = {
    "bench/cli",
    *("bench/strategies", "bench/behaviour/questions", "bench/course/lessons"),
    *("workloads", "reports/charts"),
}
"""Folders with one plug-in a file: as many and as short as they come."""
MOST_MODULES, FEWEST_LINES = 12, 40
HEAVY = {"pandas", "matplotlib", "numpy", "scipy", "typer", "rich", "pydantic", "psutil"}
EXTRAS = {"trio", "anyio", "gevent", "joblib", "distributed", "dask"}


def by_folder(name: str) -> str:
    """`bench.lanes` of `concbench.lanes`: modules go by their folders here."""
    top, _, rest = name.partition(".")
    if top != "concbench":
        return name
    return (
        rest if rest.partition(".")[0] in {"reports", "workloads"} else f"bench.{rest}".strip(".")
    )


@dataclass(frozen=True)
class Import:
    """Of the module `name`; `late` inside a function."""

    name: str
    late: bool


@dataclass(frozen=True)
class Module:
    """One file of ours with what it imports, TYPE_CHECKING excepted."""

    name: str
    path: Path
    tree: ast.Module
    lines: int

    @property
    def package(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @property
    def folder(self) -> str:
        return self.path.parent.relative_to(ROOT).as_posix()

    @property
    def part(self) -> str:
        """`lanes` of bench.lanes.pools; `` of the package itself."""
        return ".".join(self.name.split(".")[1:2])

    @property
    def imports(self) -> list[Import]:
        return list(self._imports(self.tree, late=False))

    def _imports(self, node: ast.AST, *, late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                yield from (Import(by_folder(alias.name), late) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                yield from (Import(name, late) for name in self._origins(child))
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from self._imports(child, late=late or function)

    def _origins(self, node: ast.ImportFrom) -> set[str]:
        above = self.package.split(".")[: 1 - node.level or None] if node.level else []
        origin = by_folder(".".join([*above, *filter(None, [node.module])]))
        inner = {f"{origin}.{alias.name}" for alias in node.names}
        return (inner & names()) | ({origin} if inner - names() else set())


@cache
def modules() -> dict[str, Module]:
    found = {}
    for package in ("bench", "reports", "workloads"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text(encoding="utf-8")
            found[name] = Module(name, path, ast.parse(text), len(text.splitlines()))
    return found


@cache
def names() -> frozenset[str]:
    roots = ("bench", "reports", "workloads")
    files = (path.relative_to(ROOT) for root in roots for path in (ROOT / root).rglob("*.py"))
    return frozenset(
        ".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files
    )


def ours(package: str) -> list[Module]:
    return [one for name, one in modules().items() if name.partition(".")[0] == package]


def faults(found: Iterator[str]) -> None:
    """Fail with a line for each."""
    lines = sorted(set(found))
    assert not lines, "\n" + "\n".join(lines)


@pytest.mark.parametrize("package", ORDER)
def test_every_part_has_its_floor(package):
    assert {one.part for one in ours(package)} - {""} == FLOORS[package].keys()


@pytest.mark.parametrize("package", ORDER)
def test_each_part_imports_only_those_above_it(package):
    """Late ones count; the package itself, which opens a run, stands below all its parts."""
    floors = FLOORS[package]

    def upward() -> Iterator[str]:
        for module in ours(package):
            for one in module.imports:
                top, _, rest = one.name.partition(".")
                floor = floors.get(rest.partition(".")[0], len(floors))
                if top == package and module.part and floor > floors[module.part]:
                    yield f"{module.name} imports {one.name}"

    faults(upward())


def test_no_modules_import_each_other_in_a_circle():
    """Late ones count; a folder's `__init__` is imported only by who takes a name from it."""
    graph = {
        name: {each.name for each in one.imports if each.name in modules() and each.name != name}
        for name, one in modules().items()
    }
    circles = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
            break
        except CycleError as error:
            circle = error.args[1]  # each is imported by the one before it
            circles.append(" -> ".join(reversed(circle)))
            graph[circle[1]].discard(circle[0])
    faults(iter(circles))


def test_packages_import_only_what_the_layout_allows():
    """`workloads` nothing of ours, `reports` nothing of bench; bench imports reports late.

    Lessons may use a workload's server: by name, as all else of bench does, nobody can call it.
    """

    def forbidden() -> Iterator[str]:
        for module in modules().values():
            package = module.name.partition(".")[0]
            for one in module.imports:
                other = one.name.partition(".")[0]
                if other in {"bench", "reports", "workloads"} - {package}:
                    reporting = (package, other) == ("bench", "reports")
                    teaching = (module.part, other) == ("course", "workloads")
                    light = one.late or is_light(one.name)
                    if not light or not (reporting or teaching):
                        yield f"{module.name} imports {one.name}"

    faults(forbidden())


@cache
def is_light(name: str) -> bool:
    """Whether it needs the standard library alone, and so does all of ours that it imports."""
    packages = [".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 1)]
    direct = [one.name for one in modules()[name].imports if not one.late]
    return all(
        is_light(one) if one in modules() else one.partition(".")[0] in sys.stdlib_module_names
        for one in [*(each for each in packages if each in modules()), *direct]
        if one != name
    )


def test_no_class_has_the_name_of_another():
    places = defaultdict(list)
    for module in [*ours("bench"), *ours("reports")]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module.name)
    faults(f"{name}: {', '.join(where)}" for name, where in places.items() if len(where) > 1)


def chapters() -> list[Module]:
    return [
        one
        for one in modules().values()
        if one.folder not in PLUG_INS and not one.path.name.startswith("__")
    ]


def test_a_folder_has_a_dozen_modules_at_most():
    counts = Counter(one.folder for one in chapters())
    faults(f"{folder}: {count}" for folder, count in counts.items() if count > MOST_MODULES)


def test_a_module_is_a_chapter():
    faults(f"{one.name}: {one.lines} lines" for one in chapters() if one.lines < FEWEST_LINES)


def loaded_by(code: str) -> set[str]:
    listing = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", listing], capture_output=True, text=True, check=True
    )
    names = set(done.stdout.split())
    return {name.partition(".")[0] for name in names} | names & {"concbench.reports"}


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import concbench.worker.measuring, concbench.lanes", HEAVY | {"asyncio", "pyperf"}),
        (
            "import concbench.behaviour.work, concbench.behaviour.questions.costs",
            HEAVY | {"pyperf"},
        ),
        ("import concbench.driver, concbench.cli.run", {"pandas", "matplotlib", "scipy"}),
        ("import concbench.cli", {"pandas", "scipy", "pyperf", "psutil", "pydantic"}),
    ],
    ids=["a timed process", "a child of a pool", "the driver", "help"],
)
def test_a_process_imports_nothing_that_it_does_not_need(code, unwanted):
    assert not loaded_by(code) & unwanted


@pytest.mark.parametrize("module", ["worker.measuring", "plan.planner", "processes.fixture_host"])
def test_what_runs_in_another_interpreter_needs_none_of_our_libraries(module):
    """A side's Python has pyperf, our `bench` and our workloads: neither `reports` nor the rest."""
    assert not loaded_by(f"import concbench.{module}") & (HEAVY | {"pyperf", "concbench.reports"})


def test_strategies_import_their_libraries_when_they_are_opened():
    strategies = [
        f"concbench.strategies.{name}" for name in ("trio", "anyio", "gevent", "joblib", "dask")
    ]
    assert not loaded_by(f"import {', '.join(strategies)}, concbench.workloads.io_sleep") & EXTRAS
