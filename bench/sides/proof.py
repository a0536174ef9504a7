"""The proof that each side measured its own code: the files of the modules that it imported.

Told by its planner and then by each of its workers.  A side whose module is a file of another tree,
or a copy from elsewhere that is not what its tree has, would be measured under a wrong name: such
a run ends at once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

from concbench.reports.codes import coded
from concbench.reports.errors import MALFORMED
from concbench.reports.run.keys import WORKING_TREE

from .. import imports
from ..errors import NotComparable
from ..machine.identity import git_output
from ..processes.children import Children
from . import MeasuredSide
from .environments import installed_in, output
from .installation import Project, neighbours, normal, projects

PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED = ("site-packages", "dist-packages")
SHORT = 16
"""Digits of a digest that are kept."""


@dataclass(frozen=True)
class Checkout:
    """A tree and the files in it that git tracks, or would if they were added."""

    root: Path
    files: frozenset[str]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for file in self.files:
            found[file.rpartition("/")[2]].append(file)
        return found

    def inside(self, file: Path) -> str | None:
        """The file's path in the tree; None outside, and in an environment inside it."""
        if not file.is_relative_to(self.root):
            return None
        path = file.relative_to(self.root)
        return None if any(one in INSTALLED for one in path.parts) else path.as_posix()

    def counterparts(self, path: str) -> list[str]:
        """Where in the tree a file could stand that is installed as `lib/core.py`."""
        ends = (one for one in self._by_name.get(PurePath(path).name, ()))
        found = [one for one in ends if one == path or one.endswith(f"/{path}")]
        return [one for one in found if f"{one.removesuffix(path)}__init__.py" not in self.files]

    def digest(self, file: str) -> str:
        """The digest of a file, empty where the tree has none."""
        return digest(self.root / file)


def checkout(children: Children, root: Path) -> Checkout:
    """The tree at this root as git sees it now."""
    return Checkout(root.resolve(), frozenset(listed(children, root)))


def listed(children: Children, root: Path, *which: str) -> list[str]:
    """What git lists below the root: `which`, or what it tracks and what it does not ignore.

    With the files of submodules among those that it tracks.
    """
    found: set[str] = set()
    for choice in [which] if which else [("--cached", "--recurse-submodules"), ("--others",)]:
        words = ["git", "ls-files", "-z", *choice, "--exclude-standard"]
        found |= {*output(children, words, purpose="git", folder=root).split("\0")}
    return sorted(found - {""})


def digest(file: Path) -> str:
    """A digest of the content; empty where there is no such file."""
    try:
        return sha256(file.read_bytes()).hexdigest()[:SHORT]
    except OSError:
        return ""


@dataclass
class Imports:
    """What one side imported: files of its tree, and others that stand for such, with digests."""

    tree: dict[str, str] = field(default_factory=dict)
    installed: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    """Files of the tree that git ignores, by their module."""
    modules: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    """The distributions of its environment, with their versions."""


class Proof:
    """What the sides of a run imported, checked as they tell it."""

    def __init__(
        self,
        sides: Sequence[MeasuredSide],
        here: Checkout,
        trees: Mapping[str, Checkout],
        own: Sequence[Project],
        others: Sequence[Path] = (),
    ) -> None:
        self._others = tuple(others)
        self._sides = {side.title: side for side in sides}
        self._here = here
        self._trees = trees
        self._own = {file.resolve(): project for project in own for file in project.files}
        self._compared: set[tuple[str, str]] = set()
        self._recorded: dict[str, int] = {}
        self.found = {side.title: Imports() for side in sides}

    def plan(self, side: MeasuredSide) -> None:
        """Take in what the planner of a side imported, before any time is spent."""
        self.found[side.title].packages.update(side.about.get("packages", {}))
        self.add(side.title, side.about.get("modules", {}))

    def read(self, side: str, folder: Path) -> None:
        """Take in what the processes of a worker left in its folder."""
        for path in sorted(folder.glob(f"{imports.START}*{imports.END}")):
            try:
                modules = dict(json.loads(path.read_text(encoding="utf-8")))
            except MALFORMED:  # of a child that was killed as it wrote
                continue
            self.add(side, modules)

    def add(self, side: str, modules: Mapping[str, str]) -> None:
        """Take in the files of a process's modules.

        Raises NotComparable, naming the file, where one is not of the side's tree but stands for a
        file that is, with other content.
        """
        known = self.found[side].modules
        for name, file in modules.items():
            if known.get(name) != file:
                known[name] = file
                self._judge(self._sides[side], name, Path(file).resolve(), Path(file))

    def _judge(self, side: MeasuredSide, name: str, file: Path, unresolved: Path) -> None:
        tree, found = self._trees[side.title], self.found[side.title]
        if self._is_ours(side, file):
            return
        inside, here = tree.inside(file), self._here.inside(file)
        if inside in tree.files:
            found.tree[str(inside)] = digest(file)
        elif side.environment and file.is_relative_to(side.environment.resolve()):
            found.installed[str(file.relative_to(side.environment.resolve()))] = digest(file)
        elif here in self._here.files:
            if tree.digest(str(here)) != digest(file):
                raise NotComparable(
                    f"{_called(side)} imports {file}, a file of the working tree, which "
                    f"differs from its own {here}: what was measured is not {side.name}"
                )
            found.installed[str(file)] = digest(file)
        elif project := self._own.get(file):
            if not project.editable:  # else it is what finds the tree's files
                self._check_copy(side, project, unresolved)
            found.installed[str(file)] = digest(file)
        else:
            self._check_shadow(side, name, file)
            if inside is not None:
                found.ignored[name] = inside

    def _is_ours(self, side: MeasuredSide, file: Path) -> bool:
        if side.own and file.is_relative_to(side.own.resolve()):
            return True
        return file.is_relative_to(PACKAGE) and not PACKAGE.is_relative_to(self._here.root)

    def _check_copy(self, side: MeasuredSide, project: Project, file: Path) -> None:
        """Raise where what is installed of a project is not what the side's tree has."""
        tree = self._trees[side.title]
        where = f"{_called(side)} imports {file}"
        known = (side.title, project.name) in self._compared
        for path, one in () if known else _copies(project):
            there = tree.counterparts(path)
            known = known or bool(there)
            if there and digest(one) not in [tree.digest(each) for each in there]:
                raise NotComparable(
                    f"{where}, an installed copy of {project.name}, whose {path} differs from "
                    f"{tree.root / there[0]}: {_way_out(project)}"
                )
        self._compared.add((side.title, project.name))
        own = file.relative_to(project.site).as_posix() if project.site in file.parents else ""
        if not known or (side.root and not tree.counterparts(own)):
            remedy = "the revision has no such project" if side.root else _way_out(project)
            raise NotComparable(
                f"{where}, an installed copy of {project.name} that no file of {tree.root} "
                f"can be compared with: {remedy}"
            )

    def _check_shadow(self, side: MeasuredSide, name: str, file: Path) -> None:
        """Raise where a copy that no distribution owns stands before a file of the side's tree."""
        tree = self._trees[side.title]
        if name.startswith("_concbench_"):  # a file that was named by its path
            return
        if any(file.is_relative_to(other) for other in self._others):  # a library under development
            return
        path = _imported_as(name, file)
        there = [one for one in tree.counterparts(path) if (tree.root / one).resolve() != file]
        if there and digest(file) not in [tree.digest(one) for one in there] and not _owner(file):
            raise NotComparable(
                f"{_called(side)} imports {name} from {file}, which differs from {there[0]} of "
                f"{tree.root}: remove the other one from the search path (PYTHONPATH, .pth files)"
            )

    def trouble(self) -> list[str]:
        """A line for each ignored file that only some sides import."""
        lines = [*self._other_packages(), *self._unused()]
        for title, found in self.found.items():
            others = [other for other in self.found if other != title]
            for name, file in found.ignored.items():
                lacking = [other for other in others if name not in self.found[other].modules]
                if lacking:
                    rest = f"{' and '.join(lacking)} does not: more differs than the revision"
                    line = f"{title} imports {file}, which git ignores, and {rest}"
                    lines.append(coded("ignored-file", line))
        return lines

    def _other_packages(self) -> Iterator[str]:
        """A line for each library whose version is another in the environment of a revision."""
        own = {project.name for project in self._own.values()}
        own |= {normal(side.library) for side in self._sides.values()}
        known = {title: found.packages for title, found in self.found.items() if found.packages}
        (first, packages), *others = known.items() or [("", {})]
        for title, theirs in others:
            if self._sides[title].environment or self._sides[first].environment:
                for name in sorted(packages.keys() & theirs.keys()):
                    if packages[name] != theirs[name] and normal(name) not in own:
                        line = f"{first} has {name} {packages[name]}, {title} {theirs[name]}"
                        yield coded("library-differs", line)

    def _unused(self) -> Iterator[str]:
        """A line for each side whose library nobody imported, so that it is no difference."""
        for title, side in self._sides.items():
            if side.library and side.environment and (files := self.found[title].modules.values()):
                inside = side.environment.resolve()
                used = any(Path(file).resolve().is_relative_to(inside) for file in files)
                there = map(normal, installed_in(inside))  # not where it was here already
                if not used and normal(side.library) in there:
                    line = f"{title}: nothing that was measured imports what pip installed for it"
                    yield coded("library-unused", line)

    def entries(self) -> Iterator[dict[str, Any]]:
        """For the journal: what each side imported, where there is more than the last time."""
        for title, found in self.found.items():
            count = len(found.tree) + len(found.installed)
            if count > self._recorded.get(title, 0):
                self._recorded[title] = count
                about = {"tree": dict(found.tree), "installed": dict(found.installed)}
                root = str(self._trees[title].root)
                packages = {"packages": dict(found.packages)}
                yield {"event": "imported", "side": title, "root": root, **about, **packages}


def _called(side: MeasuredSide) -> str:
    return side.title or WORKING_TREE


def _copies(project: Project) -> Iterator[tuple[str, Path]]:
    """Each file that it installed as code or data, with its path below the packages' folder."""
    for file in project.files:
        if project.site in file.parents and file.suffix != ".pyc":
            path = file.relative_to(project.site).as_posix()
            if ".dist-info/" not in path:
                yield path, file


def _way_out(project: Project) -> str:
    return f"install it as `pip install -e {project.folder}` does, or again"


def _imported_as(name: str, file: Path) -> str:
    """`lib/core.py` of the module lib.core, wherever its file is."""
    count = name.count(".") + 1 + (file.stem == "__init__")
    return "/".join(file.parts[-count:])


def _owner(file: Path) -> str:
    """The distribution that installed the file, if any did."""
    for site in file.parents:
        line = f"{file.relative_to(site).as_posix()},"
        for record in site.glob("*.dist-info/RECORD"):
            if line in record.read_text(encoding="utf-8", errors="replace"):
                return record.parent.name
    return ""


def proof(children: Children, sides: Sequence[MeasuredSide], folder: Path) -> Proof | None:
    """The proof of these sides of the repository around a folder; None where there is none."""
    known = (str(side.root[0]) for side in sides if side.root)
    root = next(known, None) or git_output(folder, "rev-parse", "--show-toplevel")
    if root is None:
        return None
    here = checkout(children, Path(root))
    trees = {side.title: checkout(children, side.root[1]) if side.root else here for side in sides}
    files = sorted(here.files)
    return Proof(sides, here, trees, projects(here.root, files), neighbours(here.root, files))
