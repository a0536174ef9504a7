"""Git repositories made up for tests: a project with a library and workloads, and no network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# Builds a wheel of one module, so that pip needs nothing from anywhere.
BACKEND = """
import zipfile



def build_wheel(folder, config_settings=None, metadata_directory=None):
    about = "lib-1.dist-info"
    name = "lib-1-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\\nName: lib\\nVersion: 1\\n"
    wheel = "Wheel-Version: 1.0\\nGenerator: here\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as made:
        made.write("lib.py")
        made.writestr(f"{about}/METADATA", metadata)
        made.writestr(f"{about}/WHEEL", wheel)
        made.writestr(f"{about}/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "lib"
version = "1"
"""
WORK = """
def work(i):
    return sum(range({steps}))


def other(i):
    return i
"""
USING = """
def work(i):
    import lib

    return lib.ANSWER
"""


def git(folder: Path, *words: str) -> str:
    about = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull}
    about |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **about},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path, files: dict[str, str]) -> str:
    """Write the files and commit them; a new repository where there is none."""
    folder.mkdir(exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "a change")
    return git(folder, "rev-parse", "HEAD")


def project(folder: Path, answer: int, **more: str) -> str:
    """Commit a project whose library says this answer, and a workload that asks it."""
    library = f"ANSWER = {answer}\n"
    files = {"backend.py": BACKEND, "pyproject.toml": PROJECT, "lib.py": library}
    return commit(folder, {**files, "work/using.py": USING, **more})
