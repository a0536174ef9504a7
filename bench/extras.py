"""What the extras of the distribution bring, and what to say where one is not installed."""

from __future__ import annotations

from importlib.util import find_spec


def missing(extra: str, *libraries: str) -> str | None:
    """Why what needs these libraries cannot run here, or None; imports none of them."""
    for library in libraries or (extra,):
        if find_spec(library) is None:
            return f"{library} is not installed: pip install 'concbench[{extra}]'"
    return None
