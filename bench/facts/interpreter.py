"""What the interpreter really does, asked where it runs: only then have all imports had their say.

Standard library only: every timed worker imports this.
"""

from __future__ import annotations

import sys


def gil() -> bool | None:
    """Whether the GIL is on, now: an extension may have turned it on; None where nobody can say."""
    enabled = getattr(sys, "_is_gil_enabled", None)  # since 3.13
    if enabled is not None:
        return bool(enabled())
    return True if sys.implementation.name in ("cpython", "pypy") else None


def jit() -> bool | None:
    """Whether the JIT is on; None where there is none, or none that tells (before 3.14)."""
    if sys.implementation.name == "pypy":
        return "pypyjit" in sys.builtin_module_names
    found = getattr(sys, "_jit", None)
    return bool(found.is_enabled()) if found is not None and found.is_available() else None
