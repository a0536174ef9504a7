"""What fails a check, as one writes it: `batch>5%` or `s:asyncio p99>10%`, and `p99<20ms`.

Two options, so that what is stated is what is checked: what fails (`--fail-on batch>5%`, a change
from one side to the other), and what must hold (`--require p99<20ms`, of the side that is checked).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations

TIMES = ("batch", "one_shot", "startup", "cpu", "p99", "max_lag")
METRICS = (*TIMES, "memory")
"""Whatever else is asked for is a metric of the workload's own."""
DEFAULT = "batch>5%"
FORM = "[w:WORKLOAD] [s:STRATEGY] METRIC>PERCENT%, such as batch>5% or w:http_get batch>8%"
REQUIRED_FORM = "[w:WORKLOAD] [s:STRATEGY] METRIC<BOUND, such as p99<20ms or memory<200MB"
MOST = 1000.0
"""Percent; more is a slip of the keyboard."""
CLOSE = 0.8
"""A name so much like one of ours is a slip, too, and no metric of the workload's own."""
SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
BYTES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}
NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"


@dataclass(frozen=True)
class Threshold:
    """From which slow-down on a metric of some cells fails: `least` 0.05 is 5 %.

    An empty `workload` or `strategy` means all of them.  Of a `bound` it is what the metric must
    stay below: seconds, bytes, or a number of the workload's own.
    """

    metric: str
    least: float
    workload: str = ""
    strategy: str = ""
    bound: bool = False

    def covers(self, workload: Collection[str], strategy: Collection[str]) -> bool:
        """Whether it is for a cell, told by all the names that its two parts go by."""
        both = ((self.workload, workload), (self.strategy, strategy))
        return all(
            not pattern or any(_matches(pattern, one) for one in names) for pattern, names in both
        )

    @property
    def cells(self) -> str:
        """The cells that it names: `w:http_get s:asyncio*`, or nothing for all of them."""
        both = (("w", self.workload), ("s", self.strategy))
        return " ".join(f"{kind}:{pattern}" for kind, pattern in both if pattern)

    @property
    def narrowness(self) -> tuple[int, int]:
        """The narrower counts: first how many parts are named, then how many without a pattern."""
        named = [one for one in (self.workload, self.strategy) if one]
        return len(named), sum(not {"*", "?"} & {*one} for one in named)

    def __str__(self) -> str:
        if self.bound:
            condition = f"{self.metric}<{self.least:g}"
        else:
            condition = f"{self.metric}>{100 * self.least:g}%"
        return f"{self.cells} {condition}".strip()

    @property
    def option(self) -> str:
        """How it is given."""
        return "--require" if self.bound else "--fail-on"


def parse(texts: Iterable[str] = (), required: Iterable[str] = ()) -> tuple[Threshold, ...]:
    """The thresholds and bounds of a command line; the default where it has neither.

    Raises ValueError that quotes the text and says what is accepted.
    """
    parsed = [*map(threshold, texts), *map(bound, required)]
    for one, other in combinations(parsed, 2):
        if (one.bound, one.metric, one.cells) == (other.bound, other.metric, other.cells):
            raise ValueError(f"'{one}' and '{other}' are for the same metric and cells: keep one")
    return tuple(parsed) or (threshold(DEFAULT),)


def threshold(text: str) -> Threshold:
    """One threshold; raises ValueError as `parse` does."""
    names, condition = _split(text)
    match = re.fullmatch(rf"([^<>\s]+)>{NUMBER}%", condition)
    if not match:
        if re.fullmatch(rf"[^<>\s]+(<{NUMBER}[A-Za-z]*|>{NUMBER}[A-Za-z]+)", condition):
            say = " ".join([*names, condition.replace(">", "<")])
            raise ValueError(
                f"'{text}' is not a slow-down: what must hold is written --require '{say}'"
            )
        # Unquoted, a shell takes `>5%` for the name of a file to write, and none of it arrives.
        lost = f"'{condition}>5%'" if re.fullmatch(r"[\w.-]+", condition) else ""
        said = f"; quote it, {lost}, or the shell writes to a file called '5%'" if lost else ""
        raise ValueError(f"'{text}' is not a threshold: write {FORM}{said}")
    metric, percent = _metric(text, match[1]), float(match[2])
    if not 0 < percent <= MOST:
        raise ValueError(f"'{text}': a threshold is above 0 % and at most {MOST:g} %")
    parts = _named(text, names, FORM)
    return Threshold(metric, percent / 100, parts.get("workload", ""), parts.get("strategy", ""))


def bound(text: str) -> Threshold:
    """What a metric must stay below; raises ValueError as `parse` does."""
    names, condition = _split(text)
    match = re.fullmatch(rf"([^<>\s]+)<{NUMBER}([A-Za-z]*)", condition)
    if not match:
        if re.fullmatch(rf"[^<>\s]+>{NUMBER}%", condition):
            raise ValueError(f"'{text}' is a slow-down: what fails is --fail-on '{text}'")
        raise ValueError(f"'{text}' is not a bound: write {REQUIRED_FORM}")
    metric, number, unit = _metric(text, match[1]), float(match[2]), match[3]
    units = _units(metric)
    if unit not in units:
        each = ", ".join(filter(None, units)) or "a number without a unit"
        raise ValueError(f"'{text}': a bound of {metric} is in {each}, not in '{unit}'")
    if not number:
        raise ValueError(f"'{text}': a bound is above 0")
    least, parts = number * units[unit], _named(text, names, REQUIRED_FORM)
    return Threshold(metric, least, parts.get("workload", ""), parts.get("strategy", ""), True)


def _units(metric: str) -> Mapping[str, float]:
    if metric == "memory":
        return BYTES
    return SECONDS if metric in TIMES else {"": 1.0}


def _split(text: str) -> tuple[list[str], str]:
    # Spaces part names and condition, and do not matter around the signs of the condition.
    tight = re.sub(r"\s*([<>])\s*", r"\1", re.sub(r"\s+%", "%", text))
    tight = re.sub(r"([<>][\d.]+)\s+([A-Za-z]+)$", r"\1\2", tight)
    *names, condition = tight.split() or [""]
    return names, condition


def _metric(text: str, name: str) -> str:
    """The name, unless it is probably another one of ours."""
    if name not in METRICS and (close := get_close_matches(name, METRICS, 1, CLOSE)):
        there = f"there are {', '.join(METRICS)}, and what a workload counts by less similar names"
        raise ValueError(f"'{text}': no metric '{name}': did you mean {close[0]}? ({there})")
    return name


def of_cell(
    given: Sequence[Threshold], workload: Collection[str], strategy: Collection[str]
) -> dict[str, float]:
    """The slow-downs that a cell is asked for, by metric; the narrower threshold counts.

    A cell that none of them covers is asked the default.
    """
    changes = [one for one in given if not one.bound]
    return _of_cell(changes, workload, strategy) or _of_cell(parse(), workload, strategy)


def bounds_of_cell(
    given: Sequence[Threshold], workload: Collection[str], strategy: Collection[str]
) -> dict[str, float]:
    """What a cell must stay below, by metric; the narrower bound counts."""
    return _of_cell([one for one in given if one.bound], workload, strategy)


def _of_cell(
    given: Iterable[Threshold], workload: Collection[str], strategy: Collection[str]
) -> dict[str, float]:
    covering = [one for one in given if one.covers(workload, strategy)]
    covering.sort(key=lambda one: one.narrowness)
    return {one.metric: one.least for one in covering}


Cells = Iterable[tuple[Collection[str], Collection[str]]]
"""Each told by the names of its two parts."""


def idle(given: Sequence[Threshold], cells: Cells) -> list[Threshold]:
    """Those that name no cell."""
    known = list(cells)
    return [one for one in given if not any(one.covers(*names) for names in known)]


def rivals(given: Sequence[Threshold], cells: Cells) -> list[tuple[Threshold, Threshold]]:
    """Every two that ask one metric of a cell for different things, neither being narrower."""
    known = list(cells)
    return [
        (one, other)
        for one, other in combinations(given, 2)
        if (one.bound, one.metric, one.narrowness) == (other.bound, other.metric, other.narrowness)
        and one.least != other.least
        and any(one.covers(*names) and other.covers(*names) for names in known)
    ]


def _matches(pattern: str, name: str) -> bool:
    # As `-w` does: brackets hold parameters, not letters to choose from.
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, name) is not None


def _named(text: str, names: Sequence[str], form: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for name in names:
        kind, sign, rest = name.partition(":")
        key = {"w": "workload", "s": "strategy"}.get(kind)
        if key is None or not sign or not rest:
            raise ValueError(f"'{text}': '{name}' does not name cells: write {form}")
        if key in parts:
            raise ValueError(f"'{text}' names two of {kind}: write a threshold for each")
        parts[key] = rest
    return parts
