"""Axes: how far they reach and where they have ticks, as a reader wants them.

Ours and not matplotlib's, since a time has units of its own: 200 us, 5 ms, 2 min.

Axes of a chart: from a scale to ticks and rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .style import FAINT, INK, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes


WIDE = 10.0
"""Values this many times apart get a logarithmic axis."""

_UNITS = ((60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """An axis: its ends, whether it is logarithmic, and the places and words of its ticks."""

    low: float
    high: float
    log: bool
    ticks: Sequence[float]
    labels: Sequence[str]

    def place(self, value: float) -> float:
        """Where a value stands, 0 at the lower end and 1 at the upper."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def seconds(values: Iterable[float], *, zero: bool = False, wanted: int = 6) -> Scale:
    """An axis of time that holds these values, and 0 if asked to."""
    low, high = _ends(values)
    if not zero and high > WIDE * low > 0:
        ticks = _thinned([_log_seconds(low, high, level) for level in range(4)], wanted + 2)
        return _log(low, high, ticks, [tick_seconds(tick) for tick in ticks])
    low, high = (0.0, high * 1.04) if zero else _padded(low, high)
    size, unit = next((pair for pair in _UNITS if high >= 2 * pair[0]), _UNITS[-1])
    ticks = _linear(low / size, high / size, wanted)
    return Scale(
        low,
        high,
        False,
        [tick * size for tick in ticks],
        [_with(tick, f" {unit}") for tick in ticks],
    )


def numbers(
    values: Iterable[float],
    unit: str = "",
    *,
    zero: bool = False,
    log: bool = False,
    wanted: int = 6,
) -> Scale:
    """An axis of counts, rates or ratios; `unit` follows each number."""
    low, high = _ends(values)
    if log and low > 0:
        ticks = _thinned([_log_numbers(low, high, level) for level in range(4)], 8)
        return _log(low, high, ticks, [_with(tick, unit) for tick in ticks])
    low, high = (0.0, high * 1.04) if zero else _padded(low, high)
    ticks = _linear(low, high, wanted)
    return Scale(low, high, False, ticks, [_with(tick, unit) for tick in ticks])


def wide(values: Iterable[float], factor: float = WIDE) -> bool:
    """Whether these are so far apart that only a logarithmic axis shows them all."""
    low, high = _ends(values)
    return high > factor * low > 0


def apart(ticks: Sequence[float], least: float) -> list[float]:
    """These ticks without those nearer than that to the one before."""
    found: list[float] = []
    for tick in ticks:
        if not found or tick - found[-1] >= least:
            found.append(tick)
    return found


def tick_seconds(value: float) -> str:
    """`200 us`: the fewest digits that say it."""
    size, unit = next((pair for pair in _UNITS if value >= 0.9999 * pair[0]), _UNITS[-1])
    return f"{_plain(value / size)} {unit}"


def _ends(values: Iterable[float]) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value)]
    return min(finite, default=0.0), max(finite, default=1.0)


def _padded(low: float, high: float) -> tuple[float, float]:
    gap = max(0.06 * (high - low), 0.02 * abs(high), 1e-12)
    return max(0.0, low - gap) if low >= 0 else low - gap, high + gap


def _log(low: float, high: float, ticks: Sequence[float], labels: Sequence[str]) -> Scale:
    gap = (high / low) ** 0.04 * 1.02
    return Scale(low / gap, high * gap, True, ticks, labels)


def _linear(low: float, high: float, wanted: int) -> list[float]:
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * step for step in _STEPS if power * step >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * place for place in range(first, last + 1)]


def _thinned(levels: Sequence[list[float]], most: int) -> list[float]:
    """The first level with few enough ticks, and in the end every so manieth of the last."""
    found = next((ticks for ticks in levels if len(ticks) <= most), levels[-1])
    return found[:: math.ceil(len(found) / most) or 1]


def _log_seconds(low: float, high: float, level: int) -> list[float]:
    """Ticks of time: level 0 has 1-2-5, 1 has 1-10-100, from 2 on each unit once."""
    return [tick for tick in _seconds(level) if 0.95 * low <= tick <= 1.05 * high]


def _seconds(level: int) -> Iterator[float]:
    digits = (1, 2, 5) if level == 0 else (1,)
    tens = {1e-9: 3, 1e-6: 3, 1e-3: 3, 1.0: 2, 60.0: 6}
    for size, _ in reversed(_UNITS):
        for power in range(tens[size] if level < 2 else 1):
            yield from (size * digit * 10**power for digit in digits)


def _log_numbers(low: float, high: float, level: int) -> list[float]:
    digits = (1, 2, 5) if level == 0 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = (digit * 10.0**power for power in powers[:: max(1, level)] for digit in digits)
    return [tick for tick in ticks if 0.95 * low <= tick <= 1.05 * high]


def _with(tick: float, unit: str) -> str:
    return f"{_plain(tick)}{unit}" if tick else "0"


def _plain(value: float) -> str:
    small = abs(value) < 10_000  # 2,000 and 10k
    size, prefix = next((p for p in _PREFIXES if not small and abs(value) >= p[0]), (1.0, ""))
    rounded = float(f"{value / size:.6g}")
    if prefix or abs(rounded) < 1e-4:
        return f"{rounded:g}{prefix}"
    return f"{rounded:,.9f}".rstrip("0").rstrip(".")


def horizontal(axes: Axes, scale: Scale, label: str) -> None:
    """Give the axes this x axis, with a rule at each tick."""
    axes.set_xscale("log" if scale.log else "linear")
    axes.set_xlim(scale.low, scale.high)
    axes.set_xticks([], minor=True)
    axes.set_xticks(scale.ticks, scale.labels)
    axes.grid(axis="x", color=INK, alpha=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(label, size=SMALL, color=INK, labelpad=3)


def vertical(axes: Axes, scale: Scale, label: str) -> None:
    """Give the axes this y axis, with a rule at each tick."""
    axes.set_yscale("log" if scale.log else "linear")
    axes.set_ylim(scale.low, scale.high)
    axes.set_yticks([], minor=True)
    axes.set_yticks(scale.ticks, scale.labels)
    axes.tick_params(axis="y", labelleft=True)
    axes.grid(axis="y", color=INK, alpha=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_ylabel(label, size=SMALL, color=INK, labelpad=4)
