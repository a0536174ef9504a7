"""Measure one piece of work under every concurrency model, fairly."""

from __future__ import annotations

TYPE_CHECKING = False  # every worker imports this, and typing costs it 5 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from concbench.reports.render.lessons import Lessons
    from concbench.reports.render.notebook import Run

__all__ = ["lessons", "run"]


def run(
    workload: object = (),
    *,
    strategy: str | Sequence[str] = (),
    param: str | Sequence[str] = (),
    inputs: object = None,
    tasks: int | None = None,
    workers: int | None = None,
    start: str | None = None,
    budget: str | float | None = None,
    rounds: int | None = None,
    timeout: str | float | None = None,
    seed: int | None = None,
    reference: str | None = None,
    margin: str | float | None = None,
    side: str | Sequence[str] = (),
    probe: str | Sequence[str] = (),
    results: str | Path | None = None,
    quiet: bool = False,
) -> Run:
    """Measure, store and give the run, which a notebook shows as tables, verdicts and a chart.

    The options are those of `concbench run` and mean the same; what is not given comes from the
    environment or the project's file.  `workload` is a text, a function `f(i, *, key=default)`, a
    coroutine function, a dataclass or an instance of one, or a list of those.  Workers import what
    stands in a file; what was defined in a notebook, a shell or the running script reaches them by
    cloudpickle, whose import is then a part of every start-up.  `inputs`, of which each task of a
    function takes one, is a file, a pattern of paths, or an iterable of JSON values.

    Raises `concbench.errors.UsageError` for what the caller has to change, and
    `concbench.errors.Interrupted` at a Ctrl-C, when all that was measured is stored.
    """
    given = dict(locals())
    from .errors import UsageError
    from .notebook import measure

    try:
        return measure(given)
    except UsageError as error:
        raise error.with_traceback(None) from None  # the caller's line is all there is to see


def lessons(
    *names: str,
    language: str | None = None,
    rounds: int | None = None,
    timeout: str | None = None,
    quiet: bool = False,
) -> Lessons:
    """Check what tutorials claim of asyncio, threads and processes; a notebook shows the lessons.

    All of them, or those of these names; the options are those of `concbench lessons`.  A Ctrl-C
    ends it early: what is done is given, and says so.  Raises `concbench.errors.UsageError`.
    """
    from .notebook import teach

    return teach(names, language, rounds, timeout, quiet)


def __getattr__(name: str) -> str:
    if name == "__version__":  # found when asked for: every worker imports this module
        from importlib.metadata import version

        return version("concbench")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
