"""What a careful person would check before measuring, and what to do about it; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..children import Children
from .finding import Finding

__all__ = ["Finding", "examined"]


def examined(children: Children, results: Path) -> Iterator[Finding]:
    """Every finding, one after the other; takes about half a second."""
    from . import cpus, interpreter, system

    for part in (cpus.findings(children), system.findings(results), interpreter.findings()):
        yield from part
