"""Finds the interpreters of this machine by their version: on PATH, of pyenv and uv, by `py`.

A name promises nothing: pyenv has shims without an interpreter, and `python3.14` may be a build
without a GIL.  So these are candidates, and whoever uses one asks it first.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..processes.children import Children
from .environments import CommandFailed, output

VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(t?)")
"""`3.14`, `3.14.10`, and with `t` a build without a GIL."""
PYENV = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:a|b|rc)?\d*(t?)")
UV = re.compile(r"cpython-(\d+)\.(\d+)\.(\d+)(?:a|b|rc)?\d*(\+freethreaded|t)?-.*")


@dataclass(frozen=True)
class Version:
    """Numbers of a version, the third None where any will do, and whether it has no GIL."""

    major: int
    minor: int
    micro: int | None
    free: bool

    @classmethod
    def of(cls, match: re.Match[str]) -> Version:
        major, minor, micro, free = match.groups()
        return cls(int(major), int(minor), int(micro) if micro else None, bool(free))

    @classmethod
    def answered(cls, about: Mapping[str, Any]) -> Version:
        """What an interpreter said of itself."""
        major, minor, micro = about["version"]
        return cls(major, minor, micro, bool(about["free"]))

    def __str__(self) -> str:
        numbers = [str(one) for one in (self.major, self.minor, self.micro) if one is not None]
        return ".".join(numbers) + "t" * self.free

    def covers(self, other: Version) -> bool:
        """Whether the other is what this one asks for."""
        alike = (self.major, self.minor, self.free) == (other.major, other.minor, other.free)
        return alike and self.micro in (None, other.micro)


def wanted(text: str) -> Version | None:
    """The version that a text means; None of a name or a path."""
    match = VERSION.fullmatch(text)
    return Version.of(match) if match else None


def candidates(children: Children, text: str) -> Iterator[str]:
    """What may be the interpreter of a version, a name or a path, the likeliest first."""
    version = wanted(text)
    if version is None:
        if path := shutil.which(text):
            yield str(Path(path).absolute())  # not resolved: a link may be an environment
        return
    if active := shutil.which(f"python{version.major}.{version.minor}{'t' * version.free}"):
        yield active
    for known, python in installed():
        if version.covers(known):
            yield str(python)
    if shutil.which("py"):
        command = ["py", f"-{text}", "-c", "import sys; print(sys.executable)"]
        with suppress(CommandFailed):  # it knows none of that version
            yield output(children, command, purpose="py").strip()


def installed() -> list[tuple[Version, Path]]:
    """The interpreters that pyenv and uv have installed, the newest first."""
    found = [*_in(_pyenv() / "versions", PYENV), *_in(_uv(), UV)]
    return sorted(found, key=lambda one: (one[0].major, one[0].minor, one[0].micro), reverse=True)


def _in(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[Version, Path]]:
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    for name in names:
        if match := pattern.fullmatch(name):
            place = folder / name
            both = (place / "bin" / "python", place / "python.exe")
            python = next((path for path in both if path.exists()), None)
            if python:
                yield Version.of(match), python


def _pyenv() -> Path:
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def _uv() -> Path:
    if own := os.environ.get("UV_PYTHON_INSTALL_DIR"):
        return Path(own)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming") / "uv/python"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "uv/python"
