"""A run in the formats of others: one module each, `rendered(stored)` in every one."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from ..run.stored import Stored

FORMATS = (
    "csv",
    "md",
    "json",
    "parquet",
    "html",
    "pyperf",
    "github",
    "openmetrics",
    "benchstat",
)
LIBRARIES = {"parquet": "pyarrow"}
"""What a format needs that only the extra of its name brings."""


def check(form: str) -> None:
    """Raise ImportError, with the command that mends it, where its extra is not installed.

    Imports nothing, so that it can be asked before anything is measured.
    """
    library = LIBRARIES.get(form)
    if library and find_spec(library) is None:
        raise ImportError(
            f"{form} needs {library}: install it with: pip install 'concbench[{form}]'"
        )


def rendered(stored: Stored, form: str) -> str | bytes:
    """The run in one of FORMATS, as text or, where the format is binary, as bytes.

    Raises ImportError as `check` does.
    """
    check(form)
    module = import_module(f".{form}", __name__)
    found: str | bytes = module.rendered(stored)
    return found
