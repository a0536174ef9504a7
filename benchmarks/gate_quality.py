"""What the regression gate promises, on noise recorded here and made up: `nox -s gate_quality`.

A benchmark measures, a test decides: the exit code is 0 whether a figure is met or not.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from covering import NOISES, ROUNDS, coverage
from figures import Figure, share, show, show_rows
from real_checks import real
from recorded import (
    CHEAPEST,
    DATA,
    EARLIER,
    NOW,
    Cell,
    Recorded,
    Rule,
    Split,
    read,
    undisturbed,
)
from rivals import rivals
from trials import BUDGET, THRESHOLD, Check, Setting, checks, told
from turn_counts import turn_counts

from concbench.reports.gate.decision import deviation, resolved

SPLITS = (Split(1, 1), Split(2, 2), Split(4, 4), CHEAPEST, Split(1, 8, 0.3), Split(1, 8, 0.6))
SLOWER = (0.0, 0.05, 0.10, 0.50)
QUIET = (0.03, 0.03, 0.04, 0.03, 0.05, 0.07)
"""Paired standard deviations by strategy, seen on a shared machine that ran nothing else."""
SEEN = 0.03
REAL_SECONDS = 180.0


@dataclass(frozen=True)
class Given:
    """What was asked for."""

    data: Recorded
    trials: int
    budget: float


def noise(given: Given) -> None:
    """Each cell: its noise, what pairing spares it, and what 60 rounds would resolve."""
    rows = [_noise(cell, len(given.data.cells)) for cell in given.data.cells]
    columns = ("cell", "pair costs", "noise", "paired", "unpaired", "ratio", "60 rounds resolve")
    show_rows(f"noise of {given.data.rounds} recorded rounds, standard errors", columns, rows)


def _noise(cell: Cell, cells: int) -> tuple[str, ...]:
    first, second = undisturbed(cell.cut(CHEAPEST))
    scale = 100 / math.sqrt(len(first))
    paired = scale * float(np.std(second - first, ddof=1))
    unpaired = scale * math.sqrt(np.var(first, ddof=1) + np.var(second, ddof=1))
    found = _deviation(cell, CHEAPEST)
    least = resolved(found, 60, cells) or math.inf
    return (
        cell.name,
        f"{cell.seconds(CHEAPEST):.2f} s",
        f"{100 * found:.1f} %",
        f"{paired:.2f} %",
        f"{unpaired:.2f} %",
        f"{unpaired / paired:.1f}",
        f"{100 * least:.1f} %",
    )


def _deviation(cell: Cell, split: Split) -> float:
    found = deviation(tuple(cell.logarithms(split).tolist()))
    if found is None:
        raise SystemExit("too few rounds are recorded")
    return found


def split(given: Given) -> None:
    """Seconds to decide, by how many values a process gives: rounds needed times their cost."""
    cells = given.data.cells
    needed = {one: [_seconds(cell, one) for cell in cells] for one in SPLITS}
    names = [str(one) for one in SPLITS]
    rows = [
        (cell.name, *(f"{needed[one][number]:.0f}" for one in SPLITS))
        for number, cell in enumerate(cells)
    ]
    rows.append(("all", *(f"{sum(needed[one]):.0f}" for one in SPLITS)))
    show_rows("seconds to decide, by values per process", ("cell", *names), rows)


def _seconds(cell: Cell, split: Split) -> float:
    # 12 rounds at a noise of 3 % pass nine times in ten; eight are the first look.
    rounds = max(8.0, 12 * (_deviation(cell, split) / SEEN) ** 2)
    return rounds * cell.seconds(split)


def recorded(given: Given) -> None:
    """Whole checks on the recorded rounds."""
    found = _checks(f"{given.data.rounds} recorded rounds", _setting(given, NOW), given)
    names = [cell.workload for cell in given.data.cells]
    rows = [
        (name, *(_caught(found[slower], names, name) for slower in SLOWER[1:3]))
        for name in dict.fromkeys(names)
    ]
    columns = ("workload", *(f"{slower:.0%} caught" for slower in SLOWER[1:3]))
    show_rows("the same by workload", columns, rows)


def _caught(found: Sequence[Check], names: Sequence[str], name: str) -> str:
    words = [one.word for one in found if names[one.cell] == name]
    return _percent(share(word == "slower" for word in words))


def _percent(found: tuple[float, float, float]) -> str:
    part, low, high = found
    return f"{part:.1f} % [{low:.1f}, {high:.1f}]"


def _setting(given: Given, rule: Rule, slower: float = 0.0) -> Setting:
    logarithms, seconds = given.data.logarithms(rule), given.data.seconds(rule.split)
    return Setting(logarithms, seconds, slower, given.budget)


def numbers(given: Given) -> None:
    """Whole checks by the number that stands for a process, and by how many values it gives."""
    trials = min(given.trials, 500)
    rows = [_row(given, rule, trials) for rule in (NOW, *EARLIER)]
    kinds = [f"{slower:.0%} {what}" for slower in SLOWER[1:3] for what in ("caught", "verdict")]
    columns = ("the number of a process", "false alarm", *kinds)
    show_rows(f"other numbers on the same rounds, {trials} checks of each kind", columns, rows)


def _row(given: Given, rule: Rule, trials: int) -> tuple[str, ...]:
    same, *changed = (checks(_setting(given, rule, one), trials) for one in SLOWER[:3])
    alarms = share(one.alarms > 0 or one.word == "slower" for one in same)
    cells = []
    for found in changed:
        caught = share(one.word == "slower" for one in found)
        cells += [_percent(caught), told(one.verdict for one in found)]
    return f"{rule.name} ({rule.split})", f"{alarms[0]:.1f} %", *cells


def made_up(given: Given) -> None:
    """Whole checks on noise made up, as loud as was seen on a machine that ran nothing else."""
    seconds = [cell.quiet_seconds(CHEAPEST) for cell in given.data.cells]
    deviations = np.resize(QUIET, len(seconds))
    for name, draw in NOISES.items():
        drawn = draw(np.random.default_rng(2), (4000, len(seconds)), deviations)
        _checks(f"{name} noise", Setting(drawn, seconds), given)


def _checks(title: str, setting: Setting, given: Given) -> dict[float, list[Check]]:
    found = {
        slower: checks(
            Setting(setting.logarithms, setting.seconds, slower, given.budget), given.trials
        )
        for slower in SLOWER
    }
    cells = len(setting.seconds)
    title = f"{title}: {cells} cells, {given.budget:g} s, {given.trials} checks of each kind"
    show(title, _promises(found))
    rows = [_times(slower, all_of_it) for slower, all_of_it in found.items()]
    columns = ("a cell slower by", "slower", "not slower", "inconclusive", "verdict", "whole check")
    show_rows("what became of the cell, and the median time", columns, rows)
    if all(not one.alarms for one in found[0.0]):
        print("no false alarm in any of them\n")
    return found


def _promises(found: dict[float, list[Check]]) -> Iterator[Figure]:
    same = share(one.alarms > 0 or one.word == "slower" for one in found[0.0])
    yield _figure("identical sides, any false alarm", same, 1, False)
    for slower, least in ((0.05, 95), (0.10, 99)):
        caught = share(one.word == "slower" for one in found[slower])
        yield _figure(f"{slower:.0%} slower, caught", caught, least, True)
        missed = share(one.word == "not slower" for one in found[slower])
        yield _figure(f"{slower:.0%} slower, passed", missed, 100 - least, False)


def _figure(what: str, found: tuple[float, float, float], limit: float, at_least: bool) -> Figure:
    return Figure(what, found[0], "%", limit, at_least, *found[1:])


def _times(slower: float, found: list[Check]) -> tuple[str, ...]:
    words = [one.word for one in found]
    shares = (words.count(word) for word in ("slower", "not slower", "inconclusive"))
    return (
        f"{slower:.0%}",
        *(f"{100 * count / len(words):.1f} %" for count in shares),
        told(one.verdict for one in found),
        told(one.seconds for one in found),
    )


def others(given: Given) -> None:
    """Other rules on the same rounds."""
    round_seconds = sum(given.data.seconds(CHEAPEST))
    rounds = int(given.budget / round_seconds)
    slower = SLOWER[1:3]
    rows = [
        (one.name, f"{one.alarms:.1f} %", *(f"{caught:.1f} %" for caught in one.caught))
        for one in rivals(given.data, CHEAPEST, rounds, min(given.trials, 1000), slower)
    ]
    columns = ("rule", "false alarm", *(f"{one:.0%} caught" for one in slower))
    show_rows(f"other rules, {rounds} rounds of all cells", columns, rows)


def intervals(given: Given) -> None:
    """Coverage of 95 % intervals."""
    rows = [
        (method, name, *(f"{one:.1f}" for one in fixed), f"{stopped:.1f}", f"{width:.2f} %")
        for method, name, fixed, stopped, width in coverage(given.trials)
    ]
    columns = ("interval", "noise", *map(str, ROUNDS), "stopped early", "half width at 20")
    show_rows("percent of 95 % intervals that hold the truth, by rounds", columns, rows)


PARTS: dict[str, Callable[[Given], None]] = {
    "noise": noise,
    "split": split,
    "turns": lambda given: turn_counts(given.data),
    "recorded": recorded,
    "numbers": numbers,
    "made_up": made_up,
    "others": others,
    "intervals": intervals,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few trials")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; repeatable")
    parser.add_argument("--data", type=Path, action="append", help="files of record_rounds.py")
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of a check")
    parser.add_argument("--real", type=int, metavar="N", help="N real checks, 3 minutes each")
    given = parser.parse_args()
    if given.real:
        real(given.real, min(given.budget, REAL_SECONDS))
        return
    for path in given.data or sorted(DATA.glob("*.json")):
        data = read(path)
        how = "in turns" if data.turns else "one process after the other"
        print(f"{path.name}, {how}, batch>{THRESHOLD:.0%}\n")
        for name in given.part or PARTS:
            PARTS[name](Given(data, 200 if given.quick else given.trials, given.budget))


if __name__ == "__main__":
    main()
