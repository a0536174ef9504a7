"""The recorded rounds of two identical sides, as arrays, and runs made of them.

A run draws whole rounds again, all cells of a round together, and gives the two sides of a round
to either by a coin: identical sides know no difference, and what a machine did to all cells at
once stays done to all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from concbench.reports.gate.decision import LEAST, VALUES, VALUES_SECONDS

Numbers: TypeAlias = NDArray[np.float64]
DATA = Path(__file__).with_name("data")
MICROSECOND = 1e-6


@dataclass(frozen=True)
class Split:
    """How many values a process gives: as many as fit into `seconds`, within the two bounds."""

    least: int
    most: int
    seconds: float = 0.0

    def values(self, batch: float) -> int:
        return max(self.least, min(self.most, round(self.seconds / batch)))

    def __str__(self) -> str:
        if self.least == self.most:
            return f"{self.least}"
        return f"{self.least} to {self.most}, as fit {1000 * self.seconds:g} ms"


CHEAPEST = Split(LEAST, VALUES, VALUES_SECONDS)
"""What the part `split` found, and at least as many as leave some out."""
Number: TypeAlias = Callable[[Numbers], Numbers]
"""From values, the last axis, to the logarithm of each process's number."""


def undisturbed(values: Numbers) -> Numbers:
    """As reports.run.values makes it."""
    faster = np.sort(values, axis=-1)[..., : max(1, values.shape[-1] // 2)]
    return np.asarray(np.log(faster).mean(axis=-1))


def middle(values: Numbers) -> Numbers:
    return np.asarray(np.log(np.median(values, axis=-1)))


def mean(values: Numbers) -> Numbers:
    """Of two processes the difference is the mean of the ratios of their turns."""
    return np.asarray(np.log(values).mean(axis=-1))


@dataclass(frozen=True)
class Rule:
    """How many values a process gives, and which number stands for them."""

    name: str
    split: Split
    number: Number


NOW = Rule("the faster half", CHEAPEST, undisturbed)
EARLIER = (
    Rule("the mean of turns", CHEAPEST, mean),
    Rule("the median", CHEAPEST, middle),
    Rule("the median, of 1 to 8", Split(1, VALUES, VALUES_SECONDS), middle),
    Rule("one value", Split(1, 1), middle),
)
"""What the gate had before, or might have."""


@dataclass(frozen=True)
class Cell:
    """A cell's pairs: `values[side]` is rounds x values, `whole[side]` seconds of each process.

    A value is of all tasks, and took a part of it where a process ran one of several `parts`.
    """

    name: str
    values: Numbers
    whole: Numbers
    parts: int = 1

    @property
    def workload(self) -> str:
        return self.name.partition(" / ")[0]

    @property
    def batch(self) -> float:
        """Seconds that a value took."""
        return float(np.median(self.values)) / self.parts

    @property
    def rounds(self) -> int:
        return self.values.shape[1]

    @property
    def turns(self) -> int:
        return self.values.shape[2]

    def cut(self, split: Split) -> Numbers:
        """The first values of each process, as many as the split and the data have."""
        return self.values[:, :, : split.values(self.batch)]

    def logarithms(self, split: Split, number: Number = undisturbed) -> Numbers:
        """Of the second side's number over the first's, by round."""
        first, second = number(self.cut(split))
        return np.asarray(second - first)

    def seconds(self, split: Split) -> float:
        """What a round of the pair costs on average."""
        return float(self._costs(split).mean())

    def quiet_seconds(self, split: Split) -> float:
        """What it costs where nothing else runs: nine in ten took longer."""
        return float(np.quantile(self._costs(split), 0.1))

    def _costs(self, split: Split) -> Numbers:
        left_out = self.values.sum(axis=2) - self.cut(split).sum(axis=2)
        return np.asarray((self.whole - left_out / self.parts).sum(axis=0))


@dataclass(frozen=True)
class Recorded:
    """All cells, their rounds in the same places; `delivered` CPUs by round."""

    cells: tuple[Cell, ...]
    delivered: Numbers = field(repr=False)
    turns: bool = False
    """Whether the processes of a pair took turns; else one came after the other."""

    @property
    def rounds(self) -> int:
        return len(self.delivered)

    def logarithms(self, rule: Rule) -> Numbers:
        """Rounds x cells."""
        each = [cell.logarithms(rule.split, rule.number) for cell in self.cells]
        return np.stack(each, axis=1)

    def seconds(self, split: Split) -> list[float]:
        return [cell.seconds(split) for cell in self.cells]

    def where(self, chosen: NDArray[np.bool_]) -> Recorded:
        """Only these rounds."""
        cells = [
            replace(c, values=c.values[:, chosen], whole=c.whole[:, chosen]) for c in self.cells
        ]
        return Recorded(tuple(cells), self.delivered[chosen], self.turns)


def read(path: Path) -> Recorded:
    """What `record_rounds.py` wrote, without the rounds in which a process failed."""
    data = json.loads(path.read_text(encoding="utf-8"))
    rounds = [one for one in data["rounds"] if None not in _processes(one)]
    delivered = np.array([one[0] or np.nan for one in rounds], dtype=float)
    parts = data.get("parts") or [1] * len(data["cells"])
    cells = [
        _cell(name, [one[n + 1] for one in rounds], parts[n])
        for n, name in enumerate(data["cells"])
    ]
    return Recorded(tuple(cells), delivered, data["about"].get("turns", False))


def _processes(entry: list[Any]) -> Iterable[Any]:
    return [side for pair in entry[1:] for side in pair[1:]]


def _cell(name: str, pairs: list[Any], parts: int) -> Cell:
    sides = np.array([pair[1:] for pair in pairs], dtype=float).swapaxes(0, 1) * MICROSECOND
    return Cell(_short(name), sides[:, :, 1:], sides[:, :, 0], parts)


def _short(name: str) -> str:
    workload, _, strategy = name.partition(" / ")
    return f"{workload.partition('[')[0]} / {strategy.partition('[')[0]}"
