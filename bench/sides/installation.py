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
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import unquote, urlparse

from ..processes.children import Children
from . import environments, moved, moved_if_there

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


def neighbours(root: Path, files: Sequence[str]) -> list[Path]:
    """The folders outside the repository that libraries are installed from, editable.

    Not one that has the name of a project in the repository: that may be another copy of it.
    """
    named = _named(root, files)
    found = []
    for one in distributions():
        place, editable = _origin(one)
        theirs = place is not None and _inside(place, root) is None
        if place and theirs and editable and normal(one.metadata["Name"] or "") not in named:
            found.append(place)
    return found


def _installed_from(one: Distribution, root: Path) -> tuple[str | None, bool]:
    """The folder of the repository that it was installed from, and whether it is editable."""
    place, editable = _origin(one)
    if place or one.read_text("direct_url.json"):
        return (_inside(place, root), editable) if place else (None, False)
    beside = Path(str(one.locate_file(""))).resolve()  # an egg-info stands in the project itself
    inside = None if "site-packages" in beside.parts else _inside(beside, root)
    return (None if inside is None else _project_of(root, inside)), inside is not None


def _origin(one: Distribution) -> tuple[Path | None, bool]:
    """The folder that it was installed from, as pip wrote that down, and whether it is editable."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):  # no such file, or malformed
        about = json.loads(one.read_text("direct_url.json") or "")
        if about["url"].startswith("file:"):
            place = Path(unquote(urlparse(about["url"]).path)).resolve()
            return place, bool(about.get("dir_info", {}).get("editable"))
    return None, False


def _project_of(root: Path, inside: str) -> str | None:
    places = (PurePath(inside), *PurePath(inside).parents)
    return next((str(one) for one in places if _has_packaging(root / one)), None)


def is_installable(folder: Path) -> bool:
    """Whether a folder is a project to install, and not one that only runs or only has options.

    That is one with a build system, as pip, uv and Poetry read it, or of the time before those.
    """
    table = _table(folder / "pyproject.toml")
    uv, poetry = (_inner(table, "tool", tool) for tool in ("uv", "poetry"))
    if uv.get("package") is False or poetry.get("package-mode") is False:
        return False
    return (
        "build-system" in table
        or uv.get("package") is True
        or (folder / "setup.py").is_file()
        or bool(table and _name(folder / "setup.cfg"))
    )


def _has_packaging(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("pyproject.toml", "setup.py"))


def _table(path: Path) -> dict[str, Any]:
    """What a TOML file holds; nothing where there is none, or it is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _inner(table: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = table.get(key)
        table = inner if isinstance(inner, dict) else {}
    return table


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
    """The name that a file gives its project; empty where it gives none."""
    if path.name == "pyproject.toml":
        table = _table(path)
        keys = (("project",), ("tool", "poetry"), ("tool", "flit", "metadata"))
        names = (_inner(table, *one).get("name") for one in keys)
        return next((name for name in names if isinstance(name, str)), "")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):  # gone, or no text
        return ""
    match = re.search(r"""\bname\s*=\s*["']?([\w.-]+)""", text)
    return match[1] if match else ""


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
    for folder in map(Path, environments.site_folders()):  # of libraries from elsewhere, too
        paths = sorted(folder.glob("*.pth"))
        whole.update(repr([path.read_bytes() for path in paths]).encode())
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
    mapped = [project for project in own if _is_sure(project, trees, ignored)]
    words = [
        str(tree / project.folder)
        for project in own
        if project not in mapped and _is_installed(project, trees)
    ]
    dropped = {path for project in own if project not in mapped for path in project.paths}
    prepare(children, environment, trees, dropped, pip=bool(words))
    if words:  # all at once: one may need another in the version of this tree
        environments.install(children, environment, "--no-cache-dir", *words, purpose=purpose)


def prepare(
    children: Children,
    environment: Path,
    trees: tuple[Path, Path],
    dropped: Collection[Path] = (),
    *,
    pip: bool,
) -> None:
    """Make an environment with all that is installed here, less .pth files that are dropped.

    What pip installs into it comes first.
    """
    site = environments.bare(children, environment, pip=pip)
    for number, lines in enumerate(_search_paths(site, trees, dropped)):
        text = "\n".join(map(_search_line, lines)) + "\n"
        (site / f"of_the_driver_{number:03}.pth").write_text(text, encoding="utf-8")
    _write_scripts(environments.python_of(environment).parent)


def _is_installed(project: Project, trees: tuple[Path, Path]) -> bool:
    """Whether the other tree has a project there, or what is installed here as if it were one."""
    here, there = (_packaging(place / project.folder) for place in trees)
    return is_installable(trees[1] / project.folder) or (bool(there) and here == there)


def _search_line(line: str) -> str:
    """The line in a .pth file, which is UTF-8: a path that is not has to be Python there."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return f"import sys; sys.path.append({line!a})"
    return line


def _is_sure(project: Project, trees: tuple[Path, Path], ignored: Sequence[str]) -> bool:
    """Whether the same paths in the other tree are all that its installation would be.

    They are, too, where the other tree has nothing to install there, but has all these paths.
    """
    here, there = (_packaging(place / project.folder) for place in trees)
    return (
        project.editable
        and (here == there or not is_installable(trees[1] / project.folder))
        and (here == there or _has_paths(project, trees))
        and all(_is_understood(path) for path in project.paths)
        and not _products(project, ignored)
    )


def _has_paths(project: Project, trees: tuple[Path, Path]) -> bool:
    lines = [(path.parent / line, line) for path in project.paths for line in _lines(path)]
    plain = not any(line.startswith(("import ", "import\t")) for _, line in lines)
    return plain and all(moved(place, *trees).is_dir() for place, _ in lines)


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
    site: Path, trees: tuple[Path, Path], dropped: Collection[Path]
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
