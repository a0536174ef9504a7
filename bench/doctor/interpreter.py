"""Python itself: how it was built, what is on, and variables that change its speed."""

from __future__ import annotations

import platform
import sys
import sysconfig
from collections.abc import Iterator, Mapping

from ..facts import interpreter as found
from ..variables import recorded
from .finding import Finding, Level, unknown

SLOW = {
    "PYTHONDEVMODE": "checks everything it can",
    "PYTHONASYNCIODEBUG": "event loops record where each callback came from",
    "PYTHONMALLOC": "another allocator",
    "PYTHONTRACEMALLOC": "every allocation is recorded",
    "PYTHONDONTWRITEBYTECODE": "modules may be compiled anew by every worker's start-up",
    "PYTHONNODEBUGRANGES": "",
    "LD_PRELOAD": "a library in every process",
}


def findings() -> Iterator[Finding]:
    """What is seen of this interpreter."""
    about = f"{platform.python_implementation()} {platform.python_version()}"
    yield Finding("Python", f"{about}, {platform.machine()}")
    yield build(sysconfig.get_config_vars(), debug=hasattr(sys, "gettotalrefcount"))
    yield _gil()
    yield _jit()
    yield tracer(sys.gettrace() is not None or sys.getprofile() is not None)
    yield variables(recorded())


def build(about: Mapping[str, object], *, debug: bool) -> Finding:
    """Whether it was built for speed."""
    if debug:
        advice = "three times as slow, and not alike everywhere: measure with a release build"
        return Finding("build", "debug", Level.BAD, advice)
    words = str(about.get("CONFIG_ARGS") or "")
    if not words:
        return unknown("build", "it does not say how it was configured")
    has = {"PGO": "--enable-optimizations" in words, "LTO": "--with-lto" in words}
    seen = ", ".join(f"{name} {'on' if on else 'off'}" for name, on in has.items())
    if has["PGO"]:
        return Finding("build", seen)
    advice = "10 to 30 % slower than what users run, if they have a packaged Python"
    return Finding("build", seen, Level.NOTE, advice)


def _gil() -> Finding:
    on = found.gil()
    if on is None:
        return unknown("GIL", "this implementation does not say")
    return Finding("GIL", "on: threads take turns at Python code" if on else "off")


def _jit() -> Finding:
    on = found.jit()
    return Finding("JIT", "none" if on is None else "on" if on else "off")


def tracer(active: bool) -> Finding:
    """Whether a debugger, profiler or coverage tool listens; no worker inherits one from here."""
    seen = "one listens here; workers are started without" if active else "none"
    return Finding("tracer", seen, Level.NOTE if active else Level.GOOD)


def variables(kept: Mapping[str, str]) -> Finding:
    """What of the environment changes speed, and goes to every worker."""
    slow = {name: why for name, why in SLOW.items() if name in kept and why}
    if not slow:
        return Finding("variables", f"{len(kept)} recorded, none known as slow")
    told = "; ".join(f"{name}: {why}" for name, why in slow.items())
    return Finding("variables", ", ".join(slow), Level.NOTE, f"{told}: unset, if not meant so")
