"""Which variables a worker inherits, and which are stored because they change Python's speed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import IO

REMOVED = (
    *("CONCBENCH_*", "PYPERF_*", "PYTEST_*"),  # options of the driver and of what runs it
    # These start a tracer in every child.
    *("COVERAGE_PROCESS_*", "COV_CORE_*", "DEBUGPY_*", "PYDEVD_*", "VSCODE_DEBUGPY_*"),
    # These print, or wait, when an interpreter starts or ends.
    *("PYTHONBREAKPOINT", "PYTHONDUMPREFS*", "PYTHONINSPECT", "PYTHONMALLOCSTATS"),
    *("PYTHONPROFILEIMPORTTIME", "PYTHONSTARTUP", "PYTHONVERBOSE"),
    "PYTHONWARNINGS",  # `error` would turn a deprecated fork into a failure
)
"""What a worker does not inherit (`*` as in a shell)."""

RECORDED = (
    *("PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONDONTWRITEBYTECODE", "PYTHONFAULTHANDLER"),
    *("PYTHONHASHSEED", "PYTHONMALLOC", "PYTHONNODEBUGRANGES", "PYTHONOPTIMIZE"),
    *("PYTHONPERFSUPPORT", "PYTHONPYCACHEPREFIX", "PYTHONSTATS", "PYTHONTRACEMALLOC"),
    *("PYTHONUNBUFFERED", "PYTHON_*"),  # PYTHON_GIL, PYTHON_JIT, PYTHON_CPU_COUNT and later ones
    *("LD_BIND_NOW", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES"),
    *("GLIBC_TUNABLES", "MALLOC_*", "MIMALLOC_*", "TCMALLOC_*", "JEMALLOC_*"),
    *("*_NUM_THREADS", "KMP_*", "MKL_*", "OMP_*", "OPENBLAS_*", "VECLIB_MAXIMUM_THREADS"),
    *("NUMEXPR_MAX_THREADS", "*_NO_EXTENSIONS", "GEVENT_*", "LOKY_*", "JOBLIB_*", "DASK_*"),
)
"""What changes Python's speed: inherited, and stored with the run."""


INSIDE = "_CONCBENCH_WORKER"
"""Set in every worker and its children: no run starts there."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that a worker inherits, and extra ones."""
    inherited = {key: value for key, value in os.environ.items() if not _matches(key, REMOVED)}
    return inherited | {INSIDE: "1"} | dict(extra or {})


def recorded() -> dict[str, str]:
    """The variables that change Python's speed and are set, sorted by name."""
    return {key: os.environ[key] for key in sorted(os.environ) if _matches(key, RECORDED)}


def _matches(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


ANSWERS = "_CONCBENCH_ANSWERS"
"""Names the descriptor to which a child writes what its driver waits for."""


def answers() -> IO[bytes]:
    """In a child: that descriptor.  Standard output is everybody's, a sitecustomize's, too."""
    descriptor = int(os.environ.pop(ANSWERS))
    os.set_inheritable(descriptor, False)
    return os.fdopen(descriptor, "wb")
