"""What a repository installs into this environment, and the same from another tree of it.

A distribution is the repository's if it was installed from a folder inside it, or has the name of
a project inside it: at the root, below it or several of them, in whatever layout.  In the
environment of a side each is taken from the side's tree: by the same paths, where it is installed
editable and its files alone say all, else by pip.  What is not installed here is not installed
there either: its workloads find it beside themselves, each in its own tree.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePath
from urllib.parse import unquote, urlparse

from ..processes.children import Children
from . import environments, moved_if_there

PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg")
FIXTURES = {"test", "tests", "testdata", "fixtures"}
"""Folders whose projects are data of tests."""
BUILT = (".py", ".so", ".pyd", ".dll", ".dylib")
PRODUCTS = {"__pycache__", "build", "dist", "node_modules"}
FINDER = re.compile(r"import (__editable___\w+_finder); ?\1\.install\(\)")
"""What setuptools writes where paths alone do not say which packages there are."""


@dataclass(frozen=True)
class Project:
    """A distribution of this environment that comes from `folder` of the repository."""

    name: str
    folder: str
    editable: bool
    paths: tuple[Path, ...] = ()
    """Its .pth files."""
    files: tuple[Path, ...] = ()
    """What else it installed here."""
    site: Path = Path()
    """The folder of packages that it is installed in."""


def projects(root: Path, files: Sequence[str]) -> list[Project]:
    """The distributions of this environment that are of the repository, which has these files."""
    named = _named(root, files)
    found: dict[str, Project] = {}
    for one in distributions():
        name = normal(one.metadata["Name"] or "")
        folder, editable = _installed_from(one, root)
        folder = named.get(name) if folder is None else folder
        if name and folder is not None and name not in found:
            # Not resolved: what a link in an environment leads to is not where it was installed.
            site = Path(os.path.normpath(str(one.locate_file(""))))
            own = [Path(os.path.normpath(site / str(file))) for file in one.files or ()]
            paths = tuple(path for path in own if path.suffix == ".pth" and path.exists())
            code = tuple(path for path in own if path not in paths)
            found[name] = Project(name, folder, editable or bool(paths), paths, code, site)
    return [found[name] for name in sorted(found)]


def _installed_from(one: Distribution, root: Path) -> tuple[str | None, bool]:
    """The folder of the repository that it was installed from, and whether it is editable."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):  # no such file, or malformed
        about = json.loads(one.read_text("direct_url.json") or "")
        place = Path(unquote(urlparse(about["url"]).path)).resolve()
        editable = bool(about.get("dir_info", {}).get("editable"))
        local = about["url"].startswith("file:")
        return (_inside(place, root), editable) if local else (None, False)
    beside = Path(str(one.locate_file(""))).resolve()  # an egg-info stands in the project itself
    inside = None if "site-packages" in beside.parts else _inside(beside, root)
    return (None if inside is None else _project_of(root, inside)), inside is not None


def _project_of(root: Path, inside: str) -> str | None:
    places = (PurePath(inside), *PurePath(inside).parents)
    return next((str(one) for one in places if has_project(root / one)), None)


def has_project(folder: Path) -> bool:
    """Whether a folder has what pip could install."""
    return any((folder / name).is_file() for name in ("pyproject.toml", "setup.py"))


def _inside(place: Path, root: Path) -> str | None:
    return str(place.relative_to(root)) if place.is_relative_to(root) else None


def _named(root: Path, files: Sequence[str]) -> dict[str, str]:
    """The folder of each project, by its name; the one nearest to the root, where two have it."""
    found: dict[str, str] = {}
    for file in sorted(files, key=lambda file: (file.count("/"), file)):
        path = PurePath(file)
        if path.name in PACKAGING and not FIXTURES.intersection(path.parts):
            name = _name(root / path)
            found.setdefault(normal(name), str(path.parent))
    return found


def _name(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        if path.name != "pyproject.toml":
            match = re.search(r"""\bname\s*=\s*["']?([\w.-]+)""", text)
            return match[1] if match else ""
        table = tomllib.loads(text)
        tool = table.get("tool", {})
        for one in (table.get("project"), tool.get("poetry"), tool.get("flit", {}).get("metadata")):
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                return str(one["name"])
    except (OSError, ValueError, AttributeError):  # gone, no text, no TOML or no table: no project
        return ""
    return ""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def moved_search_path(text: str, root: Path, tree: Path) -> str:
    """PYTHONPATH or PATH with what is below the root moved to the tree, where the tree has it."""

    def place(entry: str) -> str:
        absolute = Path(entry).is_absolute()
        return str(moved_if_there(Path(entry), root, tree)) if absolute else entry

    return os.pathsep.join(map(place, text.split(os.pathsep)))


def state(root: Path, own: Sequence[Project], ignored: Sequence[str]) -> str:
    """What decides how they are installed elsewhere, as a digest."""
    whole = sha256(repr(own).encode())
    for project in own:
        whole.update(repr(_packaging(root / project.folder)).encode())
        whole.update(repr([path.read_bytes() for path in project.paths]).encode())
        whole.update(repr(_products(project, ignored)).encode())
    return whole.hexdigest()


def install(
    children: Children,
    environment: Path,
    trees: tuple[Path, Path],
    own: Sequence[Project],
    ignored: Sequence[str],
    purpose: str,
) -> None:
    """Make the environment of a side: all that is installed here, the projects from its tree.

    `trees` are the repository's root and the side's tree; `ignored` is what git ignores in the
    root.  Raises UsageError with pip's last words where one cannot be installed.
    """
    tree = trees[1]
    there = [project for project in own if has_project(tree / project.folder)]
    mapped = [project for project in there if _is_sure(project, trees, ignored)]
    words = [str(tree / project.folder) for project in there if project not in mapped]
    site = environments.bare(children, environment, pip=bool(words))
    dropped = {path for project in own if project not in mapped for path in project.paths}
    for number, lines in enumerate(_search_paths(site, trees, dropped)):
        text = "\n".join(map(_search_line, lines)) + "\n"
        (site / f"of_the_driver_{number:03}.pth").write_text(text, encoding="utf-8")
    _write_scripts(environments.python_of(environment).parent)
    if words:  # all at once: one may need another in the version of this tree
        environments.install(children, environment, "--no-cache-dir", *words, purpose=purpose)


def _search_line(line: str) -> str:
    """The line in a .pth file, which is UTF-8: a path that is not has to be Python there."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return f"import sys; sys.path.append({line!a})"
    return line


def _is_sure(project: Project, trees: tuple[Path, Path], ignored: Sequence[str]) -> bool:
    """Whether the same paths in the other tree are all that its installation would be."""
    here, there = (_packaging(place / project.folder) for place in trees)
    return (
        project.editable
        and here == there
        and all(_is_understood(path) for path in project.paths)
        and not _products(project, ignored)
    )


def _packaging(folder: Path) -> dict[str, bytes]:
    files = (folder / name for name in PACKAGING)
    return {path.name: path.read_bytes() for path in files if path.is_file()}


def _is_understood(path: Path) -> bool:
    lines = [line.strip() for line in _lines(path) if line.startswith(("import ", "import\t"))]
    return all(FINDER.fullmatch(line) for line in lines)


def _products(project: Project, ignored: Sequence[str]) -> list[str]:
    """What was built into its folder: another tree has none of it, unless it is built there."""
    folder = PurePath(project.folder)
    found = []
    for file in ignored:
        path = PurePath(file)
        inner = path.relative_to(folder).parts[:-1] if path.is_relative_to(folder) else None
        if inner is None or path.suffix not in BUILT:
            continue
        if not any(one.startswith(".") or one in PRODUCTS for one in inner):
            found.append(file)
    return found


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.rstrip() for line in lines if line.strip() and not line.startswith("#")]


def _search_paths(
    site: Path, trees: tuple[Path, Path], dropped: set[Path]
) -> Iterator[Sequence[str]]:
    """Lines of a .pth file for each folder of packages here, and each .pth file in it.

    Apart, because Python passes over the rest of a file where a line of it fails.
    """
    for folder in map(Path, environments.site_folders()):
        yield [str(folder)]
        for path in sorted(folder.glob("*.pth")):
            if path not in dropped:
                lines = [_line(line, folder, site, trees) for line in _lines(path)]
                yield [line for line in lines if line]


def _line(line: str, folder: Path, site: Path, trees: tuple[Path, Path]) -> str:
    if not line.startswith(("import ", "import\t")):
        return str(moved_if_there(folder / line, *trees))
    if match := FINDER.fullmatch(line.strip()):
        _move_finder(folder / f"{match[1]}.py", site, trees)
    return line


def _move_finder(path: Path, site: Path, trees: tuple[Path, Path]) -> None:
    """Write a copy that stands before the finder, with the tree's paths."""
    if path.is_file():
        text = path.read_text(encoding="utf-8")
        told = re.sub(
            r"'(/[^'\n]+)'", lambda at: repr(str(moved_if_there(Path(at[1]), *trees))), text
        )
        (site / path.name).write_text(told, encoding="utf-8")


def _write_scripts(folder: Path) -> None:
    """Commands that are installed here, for the Python of the folder: its own come first then."""
    own = Path(sys.executable).parent
    python = os.fsencode(f"{own}{os.sep}python")
    for path in own.iterdir():
        target = folder / path.name
        if target.exists() or not path.is_file() or not os.access(path, os.X_OK):
            continue
        with path.open("rb") as stream:
            head = stream.read(1024) if stream.read(2) == b"#!" else b""
        if python in head:
            text = path.read_bytes().replace(python, os.fsencode(f"{folder}{os.sep}python"), 2)
            target.write_bytes(text)
            target.chmod(0o755)
