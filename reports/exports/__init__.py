"""A run in the formats of others: one module each, `rendered(stored)` in every one."""

from __future__ import annotations

from importlib import import_module

from ..stored import Stored

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


def rendered(stored: Stored, form: str) -> str | bytes:
    """The run in one of FORMATS, as text or, where the format is binary, as bytes.

    Raises ImportError, with the command that mends it, where an extra is not installed.
    """
    module = import_module(f".{form}", __name__)
    found: str | bytes = module.rendered(stored)
    return found
