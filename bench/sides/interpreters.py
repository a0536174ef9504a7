"""A side that is another interpreter, with the same code."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..children import Children
from ..errors import UsageError
from ..facts.machine import PACKAGES
from ..outputs import MALFORMED
from . import environments
from .commands import Ended, output

OLDEST = (3, 11)
ASKED = """
import json, sys
from importlib.util import find_spec
about = {"version": list(sys.version_info[:3])}
print(json.dumps({**about, "pyperf": find_spec("pyperf") is not None}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that has what a worker needs."""

    python: str
    version: str


def ready(children: Children, text: str) -> Interpreter:
    """The interpreter that `3.12`, `python3.12` or a path means, with pyperf.

    A path of an environment that has pyperf is used as it is; of any other an environment is built,
    with the libraries of the built-in workloads in the versions that are installed here and, in a
    project, the project itself, editable.  Raises UsageError when it is missing or too old.
    """
    python, about = _answering(children, text)
    told = ".".join(map(str, about["version"]))
    if tuple(about["version"]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise UsageError(f"python:{text} is Python {told}: concbench needs {oldest} or later")
    if about["pyperf"]:
        return Interpreter(python, told)
    return Interpreter(_built(children, python, text), told)


def _answering(children: Children, text: str) -> tuple[str, dict[str, Any]]:
    """The first that runs: a shim of pyenv's may be a name without an interpreter."""
    why = ""
    for python in _candidates(text):
        try:
            said = output(children, [python, "-c", ASKED], purpose=f"{python} does not answer")
            about = json.loads(said)
            return python, {key: about[key] for key in ("version", "pyperf")}
        except (Ended, *MALFORMED) as error:
            why = f": {error}"
    raise UsageError(f"there is no interpreter python:{text} (write python:3.12 or a path){why}")


def _candidates(text: str) -> list[str]:
    if not re.fullmatch(r"\d+\.\d+t?", text):
        found = shutil.which(text)
        return [str(Path(found).absolute())] if found else []  # a link may be an environment
    active = shutil.which(f"python{text}")
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    free = text.endswith("t")
    installed = [
        str(path / "bin" / "python")
        for path in sorted(root.glob(f"versions/{text.rstrip('t')}.*"), reverse=True)
        if path.name.endswith("t") == free
    ]
    return [active, *installed] if active else installed


def _built(children: Children, python: str, text: str) -> str:
    wanted = [f"{name}=={found}" for name in PACKAGES if (found := _version(name))]
    project = Path.cwd() if Path("pyproject.toml").exists() else None
    told = (project / "pyproject.toml").read_text(encoding="utf-8") if project else ""
    name = environments.key(
        python, str(Path(python).stat().st_mtime_ns), str(project), told, *wanted
    )

    def build(folder: Path) -> None:
        environments.create(children, python, folder / "venv")
        words = ["-e", str(project)] if project else []
        purpose = f"python:{text}: cannot install {', '.join(wanted)}"
        environments.install(children, folder / "venv", *wanted, *words, purpose=purpose)

    with environments.kept(name, build, lambda folder: None) as folder:
        return str(environments.python_of(folder / "venv"))


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
