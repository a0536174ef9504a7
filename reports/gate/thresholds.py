"""What fails a check, as one writes it: `batch>5%`, `w:http_get batch>8%`, `s:asyncio cpu>10%`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

METRICS = ("batch", "one_shot", "cpu", "memory")
DEFAULT = "batch>5%"
FORM = "[w:WORKLOAD] [s:STRATEGY] METRIC>PERCENT%, such as batch>5% or w:http_get batch>8%"
MOST = 1000.0
"""Percent; more is a slip of the keyboard."""


@dataclass(frozen=True)
class Threshold:
    """From which slow-down on a metric of some cells fails: `least` 0.05 is 5 %.

    An empty `workload` or `strategy` means all of them.
    """

    metric: str
    least: float
    workload: str = ""
    strategy: str = ""

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


def parse(texts: Iterable[str] = ()) -> tuple[Threshold, ...]:
    """The thresholds of a command line, the default where it has none.

    Raises ValueError that quotes the text and says what is accepted.
    """
    return tuple(threshold(text) for text in texts) or (threshold(DEFAULT),)


def threshold(text: str) -> Threshold:
    """One threshold; raises ValueError as `parse` does."""
    # Spaces part names and condition, and do not matter around the signs of the condition.
    tight = re.sub(r"\s*>\s*", ">", re.sub(r"\s+%", "%", text))
    *names, condition = tight.split() or [""]
    match = re.fullmatch(r"(\w+)>(\d+(?:\.\d*)?|\.\d+)%", condition)
    if not match:
        raise ValueError(f"'{text}' is no threshold: write {FORM}")
    metric, percent = match[1], float(match[2])
    if metric not in METRICS:
        close = get_close_matches(metric, METRICS, 1)
        hint = f": did you mean {close[0]}?" if close else ""
        raise ValueError(f"'{text}': no metric '{metric}'{hint} (there are {', '.join(METRICS)})")
    if not 0 < percent <= MOST:
        raise ValueError(f"'{text}': a threshold is above 0 % and at most {MOST:g} %")
    return Threshold(metric, percent / 100, **_named(text, names))


def of_cell(
    given: Sequence[Threshold], workload: Collection[str], strategy: Collection[str]
) -> dict[str, float]:
    """What a cell is asked, by metric; the more is named the more it counts, then the later.

    A cell that none of them covers is asked the default.
    """
    covering = [one for one in given if one.covers(workload, strategy)]
    covering.sort(key=lambda one: bool(one.workload) + bool(one.strategy))  # stable: later wins
    return {one.metric: one.least for one in covering or [threshold(DEFAULT)]}


def idle(
    given: Sequence[Threshold], cells: Iterable[tuple[Collection[str], Collection[str]]]
) -> list[str]:
    """What thresholds name that no cell is called, told by the names of its two parts."""
    known = list(cells)
    unused = (one for one in given if not any(one.covers(*names) for names in known))
    return [one.cells or one.metric for one in unused]


def _matches(pattern: str, name: str) -> bool:
    # As `-w` does: brackets hold parameters, not letters to choose from.
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, name) is not None


def _named(text: str, names: Sequence[str]) -> dict[str, str]:
    parts: dict[str, str] = {}
    for name in names:
        kind, sign, rest = name.partition(":")
        key = {"w": "workload", "s": "strategy"}.get(kind)
        if key is None or not sign or not rest:
            raise ValueError(f"'{text}': '{name}' names no cells: write {FORM}")
        if key in parts:
            raise ValueError(f"'{text}' names two of {kind}: write a threshold for each")
        parts[key] = rest
    return parts
