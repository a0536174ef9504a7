"""What `concbench init` adds to a project: a first workload, options and nox sessions.

What was there stays as it was, and all files are written or none.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from importlib.metadata import distribution, version
from importlib.resources import files
from pathlib import Path

from ..errors import UsageError
from ..plan.settings import table_of
from ..sides.installation import is_installable

WORK, PYPROJECT, NOXFILE = Path("benchmarks/work.py"), Path("pyproject.toml"), Path("noxfile.py")
SESSIONS = ("bench", "check")


def extend(root: Path) -> dict[Path, str]:
    """Write an example, options and sessions into a folder; what each file has now, by its path.

    Raises UsageError that names what is in the way, and then leaves all as it was.
    """
    if not root.is_dir():
        raise UsageError(f"there is no folder {root}")
    if (root / WORK).exists():
        raise UsageError(f"{root / WORK} already exists: move it away, or use it")
    options = with_options(root)
    sessions, names = with_sessions(root)
    contents = {WORK: template("work.py"), PYPROJECT: options, NOXFILE: sessions}
    write({root / path: content for path, content in contents.items()})
    about = ("two example workloads", "[tool.concbench]", ", ".join(names))
    return dict(zip(contents, about, strict=True))


def template(name: str) -> bytes:
    """A file that stands beside this one."""
    return files(__package__).joinpath(name).read_bytes()


def with_options(root: Path) -> bytes:
    """Its pyproject.toml with [tool.concbench]; UsageError where there are options already."""
    path, own = root / PYPROJECT, root / "concbench.toml"
    before = _read(path)
    if own.exists():
        raise UsageError(f"{own} already has options: move it away, or use it")
    tool = (table_of(path) if path.exists() else {}).get("tool", {})
    if not isinstance(tool, dict):
        raise UsageError(f"{path} cannot take [tool.concbench]: its 'tool' is not a table")
    if "concbench" in tool:
        raise UsageError(f"{path} already has [tool.concbench]: remove it, or use it")
    after = _appended(before, template("options.toml"), 1)
    try:
        tomllib.loads(after.decode())
    except tomllib.TOMLDecodeError:
        why = "takes no further table: is its 'tool' closed by braces?"
        raise UsageError(f"{path} {why}") from None
    return after


def with_sessions(root: Path) -> tuple[bytes, list[str]]:
    """Its noxfile.py with two sessions more, and their names."""
    path = root / NOXFILE
    before = _read(path)
    try:
        there = ast.parse(before)
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{path} is not Python: {error}") from None
    taken = set(_names(there))
    free = (p for p in ("", "concbench_") if not taken & {f"{p}{name}" for name in SESSIONS})
    prefix = next(free, None)
    if prefix is None:
        raise UsageError(f"{path} already uses the name concbench_bench or concbench_check")
    text = template("sessions.txt").decode().format(prefix=prefix, installed=_installed(root))
    imports = [name for one in there.body if isinstance(one, ast.Import) for name in one.names]
    if not any((name.asname or name.name) == "nox" for name in imports):
        text = f"import nox{'  # noqa: E402' if there.body else ''}\n\n\n{text}"
    return _appended(before, text.encode(), 2), [f"{prefix}{name}" for name in SESSIONS]


def requirement() -> str:
    """What concbench is to pip, from wherever it was installed here."""
    source = json.loads(distribution("concbench").read_text("direct_url.json") or "{}")
    if not source:
        return f"concbench>={version('concbench')}"
    url = source["url"]
    if vcs := source.get("vcs_info"):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    inside = f"#subdirectory={source['subdirectory']}" if "subdirectory" in source else ""
    return f"concbench @ {url}{inside}"


def _installed(root: Path) -> str:
    """What a session installs: concbench, and the project where it is a package."""
    return json.dumps([*(["."] if is_installable(root) else []), requirement()])[1:-1]


def _names(there: ast.Module) -> Iterator[str]:
    """Whatever is named anywhere in it, and what it calls `name=`, as a session may be called."""
    for one in ast.walk(there):
        match one:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.alias(asname=str(name)):
                yield name
            case ast.alias(name=name):
                yield name
            case ast.keyword(arg="name", value=ast.Constant(value=str(name))):
                yield name


def _read(path: Path) -> bytes:
    """Nothing where there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None


def _appended(before: bytes, text: bytes, blank: int) -> bytes:
    """The text after so many blank lines, with line ends as they are there."""
    if not before.strip():
        return text
    end = b"\r\n" if b"\r\n" in before else b"\n"
    return before.rstrip() + end * (1 + blank) + text.replace(b"\n", end)


def write(contents: Mapping[Path, bytes]) -> None:
    """Replace these files, all of them or none; UsageError names the one that cannot be written.

    Where a link leads elsewhere, that file is written; a file that was there keeps its mode.
    """
    try:
        with ExitStack() as undo:
            for path, content in contents.items():
                _draft(path.resolve(), content, undo)
            for path in contents:
                _replace(path.resolve(), undo)
            undo.pop_all()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    for path in contents:
        _remove(_beside(path.resolve(), "old"))


def _draft(path: Path, content: bytes, undo: ExitStack) -> None:
    """New and old beside the file: the rest is renaming, which needs no room and may be undone."""
    new, old = _beside(path, "new"), _beside(path, "old")
    if not path.parent.is_dir():
        path.parent.mkdir()
        undo.callback(path.parent.rmdir)
    undo.callback(_remove, new)
    new.write_bytes(content)
    if path.exists():
        shutil.copymode(path, new)
        undo.callback(_remove, old)
        shutil.copy2(path, old)


def _replace(path: Path, undo: ExitStack) -> None:
    old = _beside(path, "old")
    if old.exists():
        undo.callback(old.replace, path)
    else:
        undo.callback(_remove, path)
    _beside(path, "new").replace(path)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}.{ending}")


def _remove(path: Path) -> None:
    with suppress(OSError):  # it is not there, or on a disk that takes nothing
        path.unlink()
