"""Which files a process has imported, left where the driver can read it.

The driver compares them across the sides of a run: proof that each measured its own code.
Standard library only, and no pathlib: workers and every child of a pool import this.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

FOLDER = "CONCBENCH_IMPORTS"
"""The variable that names the folder to write to; without it nothing is written."""
START, END = "imports-", ".json"
LIBRARY = os.path.dirname(os.__file__) + os.sep
PACKAGES = (f"{LIBRARY}site-packages{os.sep}", f"{LIBRARY}dist-packages{os.sep}")


def write() -> None:
    """Leave the files of this interpreter's modules in the folder, if there is one."""
    folder = os.environ.get(FOLDER)
    if folder:
        # A subinterpreter has the process's number, but modules of its own.
        path = os.path.join(folder, f"{START}{os.getpid()}-{id(sys.modules)}{END}")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(files(), stream)


def files() -> dict[str, str]:
    """The file of each module that has one, by name, less those of the standard library."""
    found = ((name, _file(module)) for name, module in list(sys.modules.items()))
    return {name: file for name, file in found if file and not _standard(file)}


def _file(module: Any) -> str:
    try:
        # Not getattr: a lazy module would be imported by it, and some answer any attribute.
        file = object.__getattribute__(module, "__dict__").get("__file__")
    except AttributeError:
        return ""
    return os.path.abspath(file) if isinstance(file, str) else ""


def _standard(file: str) -> bool:
    return file.startswith(LIBRARY) and not file.startswith(PACKAGES)
