"""pyperf, behind one adapter: the only module that knows its options and its files.

The worker is a true pyperf script; our driver starts it in the place of pyperf's manager, which
cannot interleave rounds, save early, kill a process tree or resume.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pyperf

LONG_ENOUGH = 0.02
"""Seconds from which a value is not repeated: the clock and the call cost nothing beside it."""


def arguments(loops: int, values: int, affinity: str | None) -> list[str]:
    """A worker's options: `values` values of `loops` batches, no warm-up of pyperf's.

    With 0 loops the worker finds out how many make a value long enough.
    """
    # Never left out where there is affinity: pyperf would pin itself, and every child of a pool
    # with it, to isolated CPUs.
    pinned = [] if affinity is None else [f"--affinity={affinity}"]
    looped = [f"--loops={loops}"] if loops else []
    return ["--worker", *looped, "--warmups=0", f"--values={values}", "--quiet", *pinned]


def timed(
    name: str, batches: Callable[[int], float], metadata: dict[str, Any], loops: int | None = None
) -> pyperf.Benchmark:
    """In a worker: the benchmark of one run, by the options on the command line.

    `loops` are those of a value where the command line says none.
    """
    with _missing("psutil"):
        import pyperf  # after open and first batch: their clocks must not pay for it, nor hide it

        with suppress(ImportError):
            from pyperf import _collect_metadata  # which it imports itself, but after the values

            _collect_metadata.platform = _Platform()

    runner = pyperf.Runner(loops=loops or 0)
    benchmark = runner.bench_time_func(name, batches, metadata=metadata)
    assert benchmark is not None  # only a run for another --worker-task gives none
    return benchmark


class _Platform:
    """The module `platform` for pyperf, without the processes that it would start: uname and file.

    Waiting for a process is not safe where a thread forks: a pool that replaces a child just then
    gives it a copy of the pipe whose end is awaited.
    """

    def __getattr__(self, name: str) -> Any:
        import platform

        return getattr(platform, name)

    def architecture(self) -> tuple[str, str]:
        from struct import calcsize

        return f"{8 * calcsize('P')}bit", ""

    def platform(self, *given: Any) -> str:
        import platform

        vars(platform.uname()).setdefault("processor", "")  # or platform runs uname
        return platform.platform(*given)


@contextmanager
def _missing(name: str) -> Iterator[None]:
    """Make its import fail, unless it is imported already.

    pyperf uses psutil where it is installed and does without where it is not.  Here it would cost
    each worker 7 ms, and be an extension module that nobody asked for in a process that is timed.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # which the import system takes for missing
    try:
        yield
    finally:
        del sys.modules[name]


def loops(benchmark: pyperf.Benchmark) -> int:
    """Batches of each of its values."""
    return int(benchmark.get_runs()[0].get_metadata()["loops"])


def loads(text: str) -> pyperf.Benchmark:
    """The benchmark of one run as `Benchmark.dump` wrote it."""
    import pyperf

    return pyperf.Benchmark.loads(text)


def merged(texts: Iterable[Iterable[str]]) -> pyperf.BenchmarkSuite | None:
    """One suite: a benchmark for each cell's runs, in the order given; None without a run."""
    import pyperf

    cells = ([run for text in cell for run in loads(text).get_runs()] for cell in texts)
    benchmarks = [pyperf.Benchmark(runs) for runs in cells if runs]
    return pyperf.BenchmarkSuite(benchmarks) if benchmarks else None


def dump(suite: pyperf.BenchmarkSuite, path: Path) -> None:
    suite.dump(str(path), replace=True)
