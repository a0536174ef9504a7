"""Each side measures its own code, however the repository is laid out and installed, or is refused.

By which file was imported, not by time: every place in a repository tells another number in each
of two commits.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from concbench.errors import NotComparable
from concbench.processes.children import Children
from concbench.processes.variables import environment
from concbench.sides import build, environments
from concbench.sides.build import sides
from concbench.sides.environments import output
from concbench.sides.proof import Proof, proof

from . import layouts
from .layouts import LAYOUTS, PLACES, TOOL_ONLY, WAYS, Environment, Layout

OLD, NEW = dict.fromkeys(PLACES, 1), dict.fromkeys(PLACES, 2)
ASK = """
import json
from concbench import imports
from concbench.spec import Spec

with Spec("work", {target!r}).build().open() as call:
    values = call(0)
print(json.dumps([values, imports.files()]))
"""


@pytest.fixture(scope="module")
def copy_packages(tmp_path_factory):
    """Ours, copied and compiled once."""
    with Children() as children:
        return environments.copy_packages(children, sys.executable, tmp_path_factory.mktemp("own"))


@dataclass
class Bench:
    """A repository to be, an environment, and what asks the sides."""

    root: Path
    environment: Environment
    children: Children
    scratch: Path
    monkeypatch: pytest.MonkeyPatch
    lines: Sequence[str] = ()

    def commits(self, layout: Layout, way: Any, **more: str) -> None:
        """Two commits that differ in every place, the last one installed."""
        layouts.repository(self.root, layout, OLD, **more)
        layouts.repository(self.root, layout, NEW, **more)
        self.install(layout, way)

    def use(self, environment: Environment) -> None:
        """Run as the interpreter of this environment."""
        self.monkeypatch.setattr(sys, "executable", str(environment.python))
        self.monkeypatch.syspath_prepend(str(environment.site))
        self.monkeypatch.setattr(environments, "site_folders", lambda: [str(environment.site)])

    def install(self, layout: Layout, way: Any) -> None:
        way(self.environment, self.root, layout)
        self.environment.script(layout)
        self.monkeypatch.setattr(environments, "install", layouts.installs(layout))
        for name, value in self.environment.variables.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.chdir(self.root / layout.inside)

    def values(self, *texts: str, target: str = "work.py:work") -> list[dict[str, int]]:
        """What a workload gives on each side; raises NotComparable where the proof fails."""
        found = sides(self.children, texts or ("working tree", "git:HEAD~1"), self.scratch)
        there = proof(self.children, found, Path.cwd())
        assert there is not None
        answers = []
        for side in found:
            place = side.here(target)
            if not place.startswith("/"):
                place = str((side.folder or Path.cwd()) / place)
            said = output(
                self.children,
                side.command(ASK.format(target=place)),
                purpose=side.title,
                folder=side.folder,
                variables=environment(side.variables),
            )
            values, modules = json.loads(said)
            there.add(side.title, modules)
            answers.append(values)
        self.lines = there.trouble()
        self.told = there
        return answers

    def proof(self) -> Proof:
        self.values()
        return self.told


@pytest.fixture
def lab(tmp_path, monkeypatch, copy_packages):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    made = Environment(tmp_path / "venv").make()
    monkeypatch.setattr(environments, "copy_packages", lambda *_: copy_packages)
    assert build.environments is environments
    with Children() as children:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        found = Bench(tmp_path / "repository", made, children, scratch, monkeypatch)
        found.use(made)
        yield found


PRODUCT = [(layout, way) for layout in LAYOUTS for way in WAYS]
PRODUCT.remove(("namespace", "by_finder"))  # its finder is made up and knows no namespaces


@pytest.mark.parametrize(("layout", "way"), PRODUCT)
def test_each_side_measures_its_own_files(lab, layout, way):
    lab.commits(LAYOUTS[layout], WAYS[way])
    assert lab.values() == [NEW, OLD]
    assert lab.lines == []


@pytest.mark.parametrize("place", ["package", "dependency", "data", "command"])
@pytest.mark.parametrize("way", ["regular", "from_an_index"])
def test_a_stale_copy_is_refused_wherever_it_differs(lab, way, place):
    layout = LAYOUTS["siblings"]
    layouts.repository(lab.root, layout, OLD)
    lab.install(layout, WAYS[way])
    layouts.repository(lab.root, layout, OLD | {place: 2})
    with pytest.raises(NotComparable, match=r"working tree imports .*differs from .*install -e"):
        lab.values()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_copy_of_what_is_not_committed_yet_is_refused(lab, layout):
    layouts.repository(lab.root, LAYOUTS[layout], OLD)
    lab.install(LAYOUTS[layout], WAYS["regular"])
    top = lab.root / LAYOUTS[layout].source("main")
    (core,) = top.rglob("core.py")
    core.write_text("VALUE = 3\n")
    with pytest.raises(NotComparable, match=r"working tree imports .*core\.py differs"):
        lab.values("working tree", "git:HEAD")


def test_a_copy_that_no_distribution_owns_is_refused(lab, tmp_path):
    layout = LAYOUTS["src"]
    layouts.repository(lab.root, layout, OLD)
    for path, text in layouts.copied(lab.root, layout, ".").items():
        (tmp_path / "copy" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copy" / path).write_text(text)
    layouts.repository(lab.root, layout, NEW)
    lab.environment.variables["PYTHONPATH"] = str(tmp_path / "copy")
    lab.install(layout, WAYS["by_pth"])
    with pytest.raises(NotComparable, match=r"working tree imports \w+ from .*/copy/\w+"):
        lab.values()


def test_a_side_that_reaches_into_the_working_tree_is_refused(lab):
    layout = LAYOUTS["src"]
    lab.commits(layout, WAYS["editable"])
    first = f"import sys; sys.path.insert(0, {str(lab.root / 'src')!r})\n"
    for values in OLD, NEW:
        files = layout.files(values)
        layouts.commit(lab.root, {**files, "./work.py": first + files["./work.py"]})
    with pytest.raises(NotComparable, match=r"git:HEAD~1.* imports .*, a file of the working tree"):
        lab.values("working tree", "git:HEAD~1")


@pytest.mark.parametrize("name", TOOL_ONLY)
@pytest.mark.parametrize("way", ["beside", "by_path", "by_relative_path", "by_pth"])
def test_what_cannot_be_installed_is_not(lab, name, way):
    lab.commits(TOOL_ONLY[name], getattr(layouts, way), command=IN_TREE)
    assert lab.values() == [NEW, OLD]


IN_TREE = (
    '["python", "-c", "import sys; sys.path.append(\'.\'); import mainlib.command as c; c.main()"]'
)


@pytest.mark.parametrize("way", ["editable", "by_finder", "by_pth", "regular"])
def test_python_as_a_command_is_the_side_s(lab, way):
    command = '["python", "-P", "-c", "import mainlib.command as c; c.main()"]'
    lab.commits(LAYOUTS["src"], WAYS[way], command=command)
    assert lab.values() == [NEW, OLD]


def test_the_environment_of_a_side_is_named(lab):
    layouts.repository(lab.root, LAYOUTS["src"], OLD)
    lab.install(LAYOUTS["src"], WAYS["editable"])
    now, then = sides(lab.children, ["working tree", "git:HEAD"], lab.scratch)
    assert now.variables["VIRTUAL_ENV"] == str(lab.environment.folder)
    assert then.variables["VIRTUAL_ENV"] == str(then.environment)


@pytest.mark.parametrize("way", ["by_path", "by_pth", "editable", "by_finder", "regular"])
def test_an_environment_inside_the_repository_is_no_part_of_it(tmp_path, lab, way):
    lab.environment.folder.rename(tmp_path / "elsewhere")
    lab.root.mkdir()
    layouts.commit(lab.root, {"pyproject.toml": ""})
    inside = Environment(lab.root / ".venv").make()
    lab.environment.folder = inside.folder
    lab.use(inside)
    (inside.site / "dependency.pth").write_text(str(inside.folder / "src"))
    (inside.folder / "src").mkdir()
    (inside.folder / "src" / "dependency.py").write_text("VALUE = 7\n")
    lab.commits(LAYOUTS["src"], WAYS[way])
    assert lab.values() == [NEW, OLD]
    for side in sides(lab.children, ["git:HEAD~1"], lab.scratch):
        code = "import dependency; print(dependency.VALUE)"
        assert output(lab.children, side.command(code), purpose="asked").strip() == "7"


@pytest.mark.parametrize("inside", ["repository", "link"])
def test_an_absolute_workload_is_the_side_s(lab, inside):
    lab.commits(LAYOUTS["src"], WAYS["editable"])
    (lab.root.parent / "link").symlink_to(lab.root)
    assert lab.values(target=f"{lab.root.parent / inside}/work.py:work") == [NEW, OLD]


def test_an_ignored_file_that_one_side_lacks_is_named(lab):
    layout = LAYOUTS["src"]
    work = "def work(i):\n    try:\n        import mainlib.built\n"
    work += "    except ImportError:\n        return {}\n    return -1\n"
    layouts.repository(lab.root, layout, OLD)
    for value in 1, 2:
        layouts.commit(lab.root, {"work.py": work.format(value)})
    (lab.root / "src/mainlib/built.py").write_text("")
    lab.install(layout, WAYS["by_path"])
    lab.values()
    line = "working tree imports src/mainlib/built.py, which git ignores, and git:HEAD~1 "
    assert any(told.startswith(line) for told in lab.lines)


COMPILED = ("_csv", "_bisect", "_heapq", "_json", "_struct", "_random")


def extension() -> Path | None:
    """A file of the interpreter's own that stands for one that was built."""
    origins = (getattr(find_spec(name), "origin", None) or "" for name in COMPILED)
    return next((Path(one) for one in origins if one.endswith(EXTENSION_SUFFIXES[0])), None)


@pytest.mark.skipif(extension() is None, reason="this Python has all its extensions built in")
def test_an_extension_that_was_built_on_one_side_alone_is_named(lab):
    """With a slow fallback, it would be another work under the same name."""
    built = extension()
    name = built.name.partition(".")[0]
    work = f"def work(i):\n    try:\n        import mainlib.{name}\n"
    work += "    except ImportError:\n        return {0}\n    return -{0}\n"
    layout = LAYOUTS["src"]
    layouts.repository(lab.root, layout, OLD)
    for value in 1, 2:
        layouts.commit(lab.root, {"work.py": work.format(value)})
    shutil.copy(built, lab.root / "src" / "mainlib")
    lab.install(layout, WAYS["by_path"])
    assert lab.values() == [-2, 1]
    line = f"working tree imports src/mainlib/{built.name}, which git ignores, and git:HEAD~1 "
    assert any(told.startswith(line) for told in lab.lines)


def test_what_was_built_in_place_is_built_for_the_other_side_too(lab):
    layout = LAYOUTS["src"]
    layouts.repository(lab.root, layout, OLD)
    layouts.repository(lab.root, layout, NEW)
    (lab.root / "src/mainlib/built.py").write_text("")
    lab.install(layout, WAYS["editable"])
    there = []
    lab.monkeypatch.setattr(environments, "install", lambda *words, purpose: there.append(words))
    sides(lab.children, ["git:HEAD~1"], lab.scratch)
    assert len(there) == 1


def test_a_project_that_a_revision_lacks_is_not_taken_from_elsewhere(lab):
    layout = LAYOUTS["siblings"]
    layouts.commit(lab.root, {"work.py": "def work(i):\n    import mainlib\n    return 1\n"})
    layouts.repository(lab.root, layout, NEW)
    lab.install(layout, WAYS["regular"])
    with pytest.raises(
        NotComparable, match=r"git:HEAD~1 .* imports .*, an installed copy of \w+-lib"
    ):
        lab.values()


def test_a_file_that_a_revision_lacks_is_not_taken_from_elsewhere(lab):
    layout = LAYOUTS["src"]
    files = layout.files(OLD)
    new = {"./pyproject.toml", "src/mainlib/core.py"}
    layouts.commit(lab.root, {name: text for name, text in files.items() if name not in new})
    layouts.repository(lab.root, layout, OLD)
    lab.install(layout, WAYS["regular"])
    with pytest.raises(NotComparable, match=r"imports .*core\.py, .*has no such project"):
        lab.values()


def test_what_is_imported_is_kept_with_its_digest(lab):
    lab.commits(LAYOUTS["src"], WAYS["regular"])
    there = lab.proof()
    now, then = there.entries()
    assert now["tree"].keys() == {"work.py", "helper.py"}
    assert {Path(file).name for file in now["installed"]} == {"__init__.py", "core.py"}
    assert then["tree"].keys() == now["tree"].keys()
    assert then["tree"]["work.py"] != now["tree"]["work.py"]
    assert not [*there.entries()]


@pytest.mark.parametrize("name", ["PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"])
def test_both_sides_keep_their_bytecode_whatever_the_environment_says(lab, name):
    lab.commits(LAYOUTS["src"], WAYS["regular"])
    lab.monkeypatch.setenv(name, str(lab.scratch / "elsewhere"))
    code = "import mainlib.core as c, os; print(os.path.exists(c.__spec__.cached))"
    for side in sides(lab.children, ["working tree", "git:HEAD~1"], lab.scratch):
        words = {"folder": side.folder, "variables": environment(side.variables)}
        for _ in range(2):
            said = output(lab.children, side.command(code), purpose="asked", **words)
        assert said.strip() == "True"


NO_OPS = [
    *((LAYOUTS[name], way) for name in LAYOUTS for way in ("by_pth", "editable", "regular")),
    *((layout, "beside") for layout in TOOL_ONLY.values()),
]


@pytest.mark.parametrize(("layout", "way"), NO_OPS)
def test_a_commit_without_a_change_is_never_refused(lab, layout, way):
    command = IN_TREE if layout.tool else '["main-tool"]'
    layouts.repository(lab.root, layout, OLD, command=command)
    layouts.commit(lab.root, {})
    lab.install(layout, getattr(layouts, way))
    assert lab.values() == [OLD, OLD]
    assert lab.lines == []
