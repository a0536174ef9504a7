"""Repositories in every layout, installed in every way, whose values tell which file was read.

An environment made by hand is what pip leaves: packages or paths, and a dist-info beside them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import concbench

from .repositories import commit

CORE = "VALUE = {value}\n"
COMMAND = """
VALUE = {value}


def main():
    print(VALUE)
"""
MAIN = """
from pathlib import Path

from {base} import VALUE as DEPENDENCY

DATA = int(Path(__file__).with_name("data.txt").read_text())
"""
WORK = """
import subprocess

import helper


def work(i):
    import {main}
    import {main}.core

    done = subprocess.run({command}, capture_output=True, text=True, check=True)
    return dict(
        workload={value},
        helper=helper.VALUE,
        package={main}.core.VALUE,
        dependency={main}.DEPENDENCY,
        data={main}.DATA,
        command=int(done.stdout),
    )
"""
PLACES = ("workload", "helper", "package", "dependency", "data", "command")
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "{name}"
version = "1"

[project.scripts]
main-tool = "{main}.command:main"
"""
TOOLS = {
    "only tools": "[tool.black]\nline-length = 100\n",
    "an application": '[project]\nname = "app"\nversion = "1"\n',
    "no package mode": '[tool.poetry]\nname = "app"\npackage-mode = false\n',
}


@dataclass(frozen=True)
class Layout:
    """Where the projects are: their folder, and that of the packages in it, for each package."""

    main: tuple[str, str]
    base: tuple[str, str]
    namespace: str = ""
    inside: str = "."
    """The folder that one calls from."""
    tool: str = ""
    """What pyproject.toml says at the root where no project is installed."""

    def package(self, name: str) -> str:
        return f"{self.namespace}.{name}" if self.namespace else name

    def source(self, name: str) -> str:
        folder, source = getattr(self, name)
        return os.path.normpath(f"{folder}/{source}")

    def projects(self) -> dict[str, list[str]]:
        """The packages of each project, by its folder."""
        found: dict[str, list[str]] = {}
        for name in ("main", "base"):
            found.setdefault(getattr(self, name)[0], []).append(name)
        return found

    def files(self, values: Mapping[str, int], command: str = '["main-tool"]') -> dict[str, str]:
        main, base = self.package("mainlib"), self.package("baselib")
        top, below = (
            f"{self.source(name)}/{self.package(f'{name}lib').replace('.', '/')}"
            for name in ("main", "base")
        )
        told = {"main": main, "value": values["workload"], "command": command}
        files = {
            f"{self.inside}/work.py": WORK.format(**told),
            f"{self.inside}/helper.py": CORE.format(value=values["helper"]),
            f"{top}/__init__.py": MAIN.format(base=base),
            f"{top}/core.py": CORE.format(value=values["package"]),
            f"{top}/data.txt": str(values["data"]),
            f"{top}/command.py": COMMAND.format(value=values["command"]),
            f"{below}/__init__.py": CORE.format(value=values["dependency"]),
        }
        if self.tool:
            return {**files, "pyproject.toml": self.tool}
        for folder, names in self.projects().items():
            text = PROJECT.format(name=f"{names[0]}-lib", main=main)
            files[f"{folder}/pyproject.toml"] = text
        return files


LAYOUTS = {
    "flat": Layout((".", "."), (".", ".")),
    "src": Layout((".", "src"), (".", "src")),
    "below": Layout(("packages/main", "src"), ("packages/main", "src")),
    "below, flat": Layout(("packages/main", "."), ("packages/main", ".")),
    "from below": Layout(("packages/main", "src"), ("packages/main", "src"), "", "packages/main"),
    "siblings": Layout(("packages/main", "src"), ("packages/base", "src")),
    "workspace": Layout((".", "src"), ("libs/base", "src")),
    "namespace": Layout(("packages/main", "src"), ("packages/base", "src"), "names"),
    "nested": Layout((".", "lib/python"), ("vendor/base", ".")),
}
TOOL_ONLY = {name: Layout((".", "."), (".", "."), tool=text) for name, text in TOOLS.items()}


@dataclass
class Environment:
    """A virtual environment made by hand, and the variables that belong to a way to install."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def site(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def make(self) -> Environment:
        self.site.mkdir(parents=True)
        self.python.parent.mkdir()
        base = Path(sys._base_executable)  # type: ignore[attr-defined]  # as venv itself does
        self.python.symlink_to(base.resolve())
        (self.folder / "pyvenv.cfg").write_text(f"home = {base.resolve().parent}\n")
        ours = Path(concbench.__file__).parents[1]
        theirs = [path for path in sys.path if path.endswith("site-packages")]
        (self.site / "concbench.pth").write_text("\n".join([str(ours), *theirs]))
        return self

    def script(self, layout: Layout) -> None:
        path = self.python.with_name("main-tool")
        module = layout.package("mainlib") + ".command"
        path.write_text(f"#!{self.python}\nfrom {module} import main\nmain()\n")
        path.chmod(0o755)

    def record(self, name: str, written: Mapping[str, str], url: str, editable: bool) -> None:
        about = self.site / f"{name.replace('-', '_')}-1.dist-info"
        about.mkdir(exist_ok=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        if url:
            info = {"editable": True} if editable else {}
            (about / "direct_url.json").write_text(json.dumps({"url": url, "dir_info": info}))
        lines = [f"{path},," for path in (*written, f"{about.name}/METADATA")]
        (about / "RECORD").write_text("\n".join(lines))
        for path, text in written.items():
            (self.site / path).parent.mkdir(parents=True, exist_ok=True)
            (self.site / path).write_text(text)


def copied(root: Path, layout: Layout, folder: str) -> dict[str, str]:
    """What pip would install of a project: its packages with their data."""
    found = {}
    for name in layout.projects()[folder]:
        source = root / layout.source(name)
        package = source / layout.package(f"{name}lib").replace(".", "/")
        for path in package.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found[str(path.relative_to(source))] = path.read_text()
    return found


def installs(layout: Layout) -> Callable[..., None]:
    """Stands for pip: copies the projects of a tree into the environment of a side."""

    def install(children: object, environment: Path, *words: str, purpose: str) -> None:
        (site,) = environment.glob("lib/python*/site-packages")
        for word in words:
            if not word.startswith("-"):
                places = (Path(word), *Path(word).parents)
                tree = next(place for place in places if (place / "backend.py").exists())
                folder = str(Path(word).relative_to(tree))
                for path, text in copied(tree, layout, folder).items():
                    (site / path).parent.mkdir(parents=True, exist_ok=True)
                    (site / path).write_text(text)

    return install


def sources(root: Path, layout: Layout) -> list[Path]:
    return [*dict.fromkeys(root / layout.source(name) for name in ("main", "base"))]


def by_path(environment: Environment, root: Path, layout: Layout) -> None:
    environment.variables["PYTHONPATH"] = os.pathsep.join(map(str, sources(root, layout)))


def by_link(environment: Environment, root: Path, layout: Layout) -> None:
    link = environment.folder / "link"
    link.symlink_to(root)
    by_path(environment, link, layout)


def by_relative_path(environment: Environment, root: Path, layout: Layout) -> None:
    here = root / layout.inside
    places = (os.path.relpath(place, here) for place in sources(root, layout))
    environment.variables["PYTHONPATH"] = os.pathsep.join(places)


def by_pth(environment: Environment, root: Path, layout: Layout) -> None:
    text = "\n".join(map(str, sources(root, layout)))
    (environment.site / "mine.pth").write_text(text)


def editable(environment: Environment, root: Path, layout: Layout) -> None:
    for folder, names in layout.projects().items():
        name = f"{names[0]}-lib"
        paths = "\n".join(str(root / layout.source(one)) for one in names)
        url = (root / folder).as_uri()
        environment.record(name, {f"__editable__.{name}-1.pth": paths}, url, True)


FINDER = """
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

MAPPING: dict[str, str] = {mapping!r}


class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING:
            place = Path(MAPPING[name])
            where = [str(place)]
            return spec_from_file_location(
                name, place / "__init__.py", submodule_search_locations=where
            )


def install():
    sys.meta_path.append(Finder)
"""


def by_finder(environment: Environment, root: Path, layout: Layout) -> None:
    """As setuptools does where paths alone do not tell which packages there are."""
    for folder, names in layout.projects().items():
        name = f"{names[0]}_lib"
        packages = {layout.package(f"{one}lib"): one for one in names}
        mapping = {
            package: str(root / layout.source(one) / package.replace(".", "/"))
            for package, one in packages.items()
        }
        module = f"__editable___{name}_1_finder"
        written = {
            f"__editable__.{name}-1.pth": f"import {module}; {module}.install()",
            f"{module}.py": FINDER.format(mapping=mapping),
        }
        environment.record(name.replace("_", "-"), written, (root / folder).as_uri(), True)


def regular(environment: Environment, root: Path, layout: Layout) -> None:
    for folder, names in layout.projects().items():
        written = copied(root, layout, folder)
        environment.record(f"{names[0]}-lib", written, (root / folder).as_uri(), False)


def from_an_index(environment: Environment, root: Path, layout: Layout) -> None:
    """What pip leaves of a wheel: nothing says from which folder it was built."""
    for folder, names in layout.projects().items():
        written = copied(root, layout, folder)
        environment.record(f"{names[0]}-lib", written, "", False)


def developed(environment: Environment, root: Path, layout: Layout) -> None:
    """As `setup.py develop` does: an egg-info in the project and one file of paths for all."""
    lines = []
    for names in layout.projects().values():
        name = f"{names[0]}_lib"
        lines += [str(root / layout.source(one)) for one in names]
        about = root / layout.source(names[0]) / f"{name}.egg-info"
        about.mkdir(exist_ok=True)
        (about / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (environment.site / "easy-install.pth").write_text("\n".join(lines))


def beside(environment: Environment, root: Path, layout: Layout) -> None:
    """Nothing is installed: the workload finds its packages beside itself."""


WAYS = {
    one.__name__: one
    for one in (
        *(by_path, by_link, by_relative_path, by_pth, editable, by_finder),
        *(regular, from_an_index, developed),
    )
}


def repository(folder: Path, layout: Layout, values: Mapping[str, int], **more: str) -> str:
    """Commit the layout with these values, by place."""
    folder.mkdir(exist_ok=True)
    files = {os.path.normpath(name): text for name, text in layout.files(values, **more).items()}
    ignored = "*.egg-info\n__pycache__\n.concbench\n.venv\n*.so\nbuilt.py\n"
    return commit(folder, {**files, "backend.py": "", ".gitignore": ignored})
