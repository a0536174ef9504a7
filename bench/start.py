"""The ways to start a child process."""

from __future__ import annotations

from multiprocessing import get_all_start_methods


def check(start: str) -> None:
    """Raise ValueError unless children can be started this way here."""
    here = get_all_start_methods()
    if start not in here:
        raise ValueError(f"start must be one of {', '.join(here)} here, not {start!r}")
