"""How often `concbench advise` is right, and in what time, against a run of everything.

Made-up work whose best strategy is known, and the built-in workloads. Right is an advised cell that
is the best of the exhaustive run, or within 5 % of it; a doubt remains where the intervals of both
leave one. Arguments choose cases by a part of their names; --budget and --seconds limit the time.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, show, show_rows

import concbench
from concbench.plan.plugins import names
from concbench.reports.run.stored import Stored
from concbench.reports.stats import intervals

WORK = Path(__file__).with_name("advice_work.py")
STRATEGIES = {
    "threading": True,
    "asyncio": True,
    "asyncio+to_thread": True,
    "multiprocessing": True,
    "multiprocessing+asyncio": True,
}
RUNGS = (1, 2, 4, 8, 16, 32, 64)
MARGIN = 1.05
ROUNDS = 4


@dataclass(frozen=True)
class Case:
    """A piece of work; `best` are the strategies that it is known to want, "" for none at all."""

    name: str
    target: str
    best: tuple[str, ...] = ()


def cases() -> Iterator[Case]:
    """The grid, the odd ones, and what is built in."""
    waiting, computing = ("threading", "asyncio"), ("multiprocessing", "multiprocessing+asyncio")
    made = f"{WORK}:Work"
    for wait in (5, 20):
        yield Case(f"wait-{wait}", f"{made}[wait={wait}]", ("threading",))
        yield Case(f"await-{wait}", f"{WORK}:AwaitableWork[wait={wait}]", waiting)
    for compute in (1, 10):
        yield Case(f"compute-{compute}", f"{made}[compute={compute}]", computing)
        target = f"{made}[compute={compute},released=true]"
        yield Case(f"released-{compute}", target, ("threading", *computing))
    yield Case("nothing", made, ("sequential",))
    yield Case("both", f"{made}[wait=10,compute=2]", computing)
    yield Case("await-both", f"{WORK}:AwaitableWork[wait=10,compute=2]", computing)
    yield Case("payload", f"{made}[compute=3,payload=4000000]")
    yield Case("small-payload", f"{made}[wait=5,payload=10000]", ("threading",))
    yield Case("tail", f"{made}[wait=5,tail=true]", ("threading",))
    yield Case("limited", f"{made}[wait=5,limited=4]")
    yield Case("dice", f"{made}[wait=2,dice=true]", ("",))
    for name in names("workloads"):
        yield Case(name, name)


@dataclass(frozen=True)
class Trial:
    """What was advised of a case, and how it compares with the best of everything."""

    case: Case
    outcome: str
    advised: str
    best: str
    ratio: intervals.Interval | None
    seconds: float
    exhaustive: float

    @property
    def is_right(self) -> bool:
        """Whether the advice is the best, within 5 %, or none where there must be none."""
        if self.case.best == ("",):
            return self.outcome == "failed"
        return self.ratio is not None and self.ratio.estimate <= MARGIN

    @property
    def may_be_right(self) -> bool:
        """The same where the interval leaves a doubt."""
        return self.is_right or (
            self.ratio is not None and self.ratio.low is not None and self.ratio.low <= MARGIN
        )

    @property
    def row(self) -> tuple[str, ...]:
        found = self.ratio
        ratio = "" if found is None else f"{found.estimate:.2f}"
        if found and found.low is not None and found.high is not None:
            ratio += f" [{found.low:.2f}, {found.high:.2f}]"
        word = "right" if self.is_right else "in doubt" if self.may_be_right else "WRONG"
        times = f"{self.seconds:.0f} s", f"{self.exhaustive:.0f} s"
        return self.case.name, self.outcome, *times, self.advised, self.best, ratio, word


def trial(case: Case, budget: float, folder: Path) -> Trial:
    """Ask for advice, then measure everything."""
    began = time.monotonic()
    advised = concbench.advise(case.target, budget=budget, results=folder, quiet=True)
    seconds = time.monotonic() - began
    found = advised.advice
    assert found is not None
    if found.use is None:
        return Trial(case, found.outcome, "nothing", "", None, seconds, 0.0)
    use = found.use
    workers = use.strategy_params.get("workers")
    own = use.strategy if workers is None else f"{use.strategy}[workers={workers}]"
    look = found.findings.advice.look
    there = [
        name
        for name in STRATEGIES
        if look is None or look.awaitable or name not in ("asyncio", "multiprocessing+asyncio")
    ]
    everything = [f"{name}[workers={count}]" for name in there for count in RUNGS]
    began = time.monotonic()
    whole = concbench.run(
        case.target,
        strategy=["sequential", *dict.fromkeys([*everything, own])],
        rounds=ROUNDS,
        probe="none",
        results=folder,
        quiet=True,
    )
    took = time.monotonic() - began
    best, ratio = compared(whole.stored, own)
    return Trial(case, found.outcome, own, best, ratio, seconds, took)


def compared(stored: Stored, own: str) -> tuple[str, intervals.Interval | None]:
    """The best cell of a run, and how many times its seconds another takes, paired by round."""
    times = {
        _text(cell.strategy.name, cell.strategy.params): stored.times(cell.id)
        for cell in stored.run.cells
        if cell.status == "measured" and stored.of(cell.id)
    }
    means = {name: sum(map(math.log, one.values())) / len(one) for name, one in times.items()}
    best = min(means, key=means.__getitem__)
    return best, intervals.ratio(times[own], times[best]) if own in times else None


def _text(name: str, params: dict[str, object]) -> str:
    return f"{name}[workers={params['workers']}]" if "workers" in params else name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of the names of cases")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of each advice")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no case after this")
    wanted = parser.parse_args()
    chosen = [one for one in cases() if not wanted.parts or one.name in wanted.parts]
    began, trials = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        for case in chosen:
            if time.monotonic() - began > wanted.seconds:
                break
            trials.append(trial(case, wanted.budget, Path(folder)))
            print(*trials[-1].row, sep=" | ", flush=True)
    columns = ("case", "outcome", "advice", "everything", "advised", "best", "ratio", "")
    show_rows("Advice against a run of everything", columns, [one.row for one in trials])
    if not trials:
        return
    compared_ones = [one for one in trials if one.exhaustive]
    share = 100 * sum(one.is_right for one in trials) / len(trials)
    doubtful = 100 * sum(one.may_be_right for one in trials) / len(trials)
    whole = sum(one.exhaustive for one in compared_ones)
    part = 100 * sum(one.seconds for one in compared_ones) / whole if whole else 0.0
    show(
        f"{len(trials)} of {len(list(cases()))} cases",
        [
            Figure("advice is right", share, "%", 95, at_least=True, high=doubtful, low=share),
            Figure("longest advice", max(one.seconds for one in trials), "s", 60),
            Figure("time of advice, of a run of everything", part, "%", 25),
        ],
    )


if __name__ == "__main__":
    main()
