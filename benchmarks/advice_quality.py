"""How often `concbench advise` is right, and in what time, against a run of everything.

Made-up work whose best strategy is known, and the built-in workloads.  A run of everything is one
round of every strategy with every number of workers, and more rounds of those that were near the
best or the advised.  Right is an advised cell that is the best, or within 5 % of it in rounds that
only both ran: those before chose the best, and the luckiest of many looks better than it is.

Arguments choose cases by their names; --budget and --seconds limit the time.  With --log FILE each
case is written there, and one that is there is not run again; --results FOLDER keeps all runs.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from figures import Figure, share, show, show_rows

import concbench
from concbench.errors import UsageError
from concbench.plan.plugins import names
from concbench.reports.run.stored import Stored
from concbench.reports.stats import intervals

WORK = Path(__file__).with_name("advice_work.py")
AWAITING = ("asyncio", "multiprocessing+asyncio")
STRATEGIES = ("threading", "asyncio+to_thread", "multiprocessing", *AWAITING)
RUNGS = (1, 2, 4, 8, 16, 32, 64)
MARGIN = 1.05
NEAR = 1.3
"""Times the best, or the advised, of the first round: what takes longer is measured no more."""
ROUNDS = 4
"""Of those that are near; a run of everything would have as many of all."""
PAIR_ROUNDS = 8
"""Of the advised and the best alone, which tell how far apart they are."""


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
    """What was advised of a case, and how many times the seconds of the best it takes.

    `seconds` are those of the advice, `exhaustive` those of everything: ROUNDS times its first
    round, as most of its cells have no other.  That is less than later rounds would take, whose
    processes have more turns.
    """

    case: str
    outcome: str
    advised: str = "nothing"
    best: str = ""
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    seconds: float = 0.0
    exhaustive: float = 0.0
    known: tuple[str, ...] = ()
    """What the case is known to want."""
    undecided: str | None = None

    @property
    def is_right(self) -> bool:
        """Whether the advice is the best, within 5 %, or none where there must be none."""
        if "" in self.known:
            return self.outcome == "failed"
        return self.ratio is not None and self.ratio <= MARGIN

    @property
    def may_be_right(self) -> bool:
        """The same where the interval leaves a doubt."""
        return self.is_right or (self.low is not None and self.low <= MARGIN)

    @property
    def row(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        if self.low is not None and self.high is not None:
            ratio += f" [{self.low:.2f}, {self.high:.2f}]"
        word = "right" if self.is_right else "in doubt" if self.may_be_right else "WRONG"
        times = f"{self.seconds:.0f} s", f"{self.exhaustive:.0f} s"
        outcome = f"{self.outcome} ({self.undecided})" if self.undecided else self.outcome
        return self.case, outcome, *times, self.advised, self.best, ratio, word


def trial(case: Case, budget: float, folder: Path) -> Trial:
    """Ask for advice, then measure everything."""
    began = time.monotonic()
    advised = concbench.advise(case.target, budget=budget, results=folder, quiet=True)
    seconds = time.monotonic() - began
    found = advised.advice
    assert found is not None
    if found.use is None:
        return Trial(case.name, found.outcome, seconds=seconds, known=case.best)
    own = _text(found.use.strategy, found.use.strategy_params)
    look = found.findings.advice.look
    awaits = look is None or look.awaitable
    there = [name for name in STRATEGIES if awaits or name not in AWAITING]
    everything = [f"{name}[workers={count}]" for name in there for count in RUNGS]
    began = time.monotonic()
    first = measured(case, ["sequential", *dict.fromkeys([*everything, own])], 1, folder)
    took = time.monotonic() - began + (ROUNDS - 1) * (first.run.round_seconds or 0.0)
    once = means(first)
    most = NEAR * max(min(once.values()), once.get(own, 0.0))
    near = [name for name, one in once.items() if one <= most]
    many = means(measured(case, near, ROUNDS, folder)) if len(near) > 1 else once
    best = min(many, key=many.__getitem__)
    ratio = intervals.Interval(1.0) if best == own else apart(case, own, best, folder)
    between = ratio.estimate, ratio.low, ratio.high
    undecided = found.findings.undecided
    return Trial(case.name, found.outcome, own, best, *between, seconds, took, case.best, undecided)


def apart(case: Case, own: str, best: str, folder: Path) -> intervals.Interval:
    """How many times the seconds of the best another takes, paired by round."""
    pair = times(measured(case, [own, best], PAIR_ROUNDS, folder))
    found = intervals.ratio(pair[own], pair[best])
    assert found is not None  # both ran before
    return found


def measured(case: Case, strategies: Sequence[str], rounds: int, folder: Path) -> Stored:
    return concbench.run(
        *(case.target,),
        strategy=strategies,
        rounds=rounds,
        probe="none",
        results=folder,
        quiet=True,
    ).stored


def times(stored: Stored) -> dict[str, dict[int, float]]:
    """Seconds by strategy with workers, and round."""
    return {
        _text(cell.strategy.name, cell.strategy.params): stored.times(cell.id)
        for cell in stored.run.cells
        if cell.status == "measured" and stored.of(cell.id)
    }


def means(stored: Stored) -> dict[str, float]:
    """Their geometric means."""
    return {name: intervals.mean([*one.values()]).estimate for name, one in times(stored).items()}


def _text(name: str, params: dict[str, object]) -> str:
    return f"{name}[workers={params['workers']}]" if "workers" in params else name


def logged(path: Path | None) -> list[Trial]:
    """The trials that a file has."""
    if path is None or not path.exists():
        return []
    return [Trial(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def figures(trials: Sequence[Trial]) -> Iterator[Figure]:
    """How often advice is right, of all and by its outcome, and what it takes."""
    groups = {
        "advice": trials,
        "advice that was decided": [one for one in trials if one.outcome == "decided"],
        "advice that was left open": [one for one in trials if one.outcome == "open"],
        "advice with only workers open": [one for one in trials if one.undecided == "workers"],
    }
    for name, those in groups.items():
        if those:
            part, low, high = share(one.is_right for one in those)
            doubts = sum(one.may_be_right and not one.is_right for one in those)
            beside = f"{len(those)} cases, {doubts} of them in doubt"
            yield Figure(f"{name} is right", part, "%", 95, True, low, high, beside)
            longest = max(one.seconds for one in those)
            middle = f"median {median(one.seconds for one in those):.0f} s"
            yield Figure(f"longest {name}", longest, "s", 60, beside=middle)
    if told := [one for one in trials if one.known and "" not in one.known]:
        part, low, high = share(one.advised.partition("[")[0] in one.known for one in told)
        beside = f"{len(told)} cases of which it is known"
        what = "a strategy known to be best is advised"
        yield Figure(what, part, "%", 95, True, low, high, beside)
    if compared := [one for one in trials if one.exhaustive]:
        parts = [100 * one.seconds / one.exhaustive for one in compared]
        whole = sum(one.exhaustive for one in compared)
        part = 100 * sum(one.seconds for one in compared) / whole
        span = f"of one case {min(parts):.0f} to {max(parts):.0f} %, median {median(parts):.0f} %"
        yield Figure("time of advice, of a run of everything", part, "%", 25, beside=span)


def run(wanted: argparse.Namespace, chosen: Iterable[Case], trials: list[Trial]) -> None:
    """Add the trials of the cases for which there is time, each as soon as it is known."""
    began = time.monotonic()
    with ExitStack() as stack:
        folder = wanted.results or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for case in chosen:
            if time.monotonic() - began > wanted.seconds:
                return
            try:
                found = trial(case, wanted.budget, folder)
            except UsageError as error:
                print(case.name, f"left out: {error}", sep=" | ", flush=True)
                continue
            trials.append(found)
            print(*found.row, sep=" | ", flush=True)
            if wanted.log:
                with wanted.log.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(asdict(found)) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="names of cases; all without one")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of each advice")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no case after this")
    parser.add_argument("--log", type=Path, help="go on with the cases that this file has")
    parser.add_argument("--results", type=Path, help="keep all runs in this folder")
    wanted = parser.parse_args()
    every = list(cases())
    if unknown := set(wanted.names) - {one.name for one in every}:
        there = ", ".join(one.name for one in every)
        parser.error(f"no case {', '.join(sorted(unknown))} (there are {there})")
    trials = logged(wanted.log)
    done = {one.case for one in trials}
    chosen = [one for one in every if not wanted.names or one.name in wanted.names]
    run(wanted, [one for one in chosen if one.name not in done], trials)
    columns = ("case", "outcome", "advice", "everything", "advised", "best", "ratio", "")
    show_rows("Advice against a run of everything", columns, [one.row for one in trials])
    show(f"{len(trials)} of {len(every)} cases", figures(trials))


if __name__ == "__main__":
    main()
