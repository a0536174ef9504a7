"""Axes: how far they reach, and where they have ticks.

Places come from matplotlib's locators.  Words are ours, since a time has units of its own: an axis
says 200 ms, 5 s or 2 min, where matplotlib would say 0.2, 5 and 120, or 200 ms and 1 ks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from .style import FAINT, INK, SMALL, Axis

WIDE = 10.0
"""Values this many times apart get a logarithmic axis."""

Unit = tuple[float, str]
_UNITS = ((60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
_STEPS = (1, 2, 2.5, 5, 10)
_MOST = 8
"""Ticks of a logarithmic axis."""


def seconds(
    axis: Axis,
    values: Iterable[float],
    label: str,
    *,
    zero: bool = False,
    wanted: int = 6,
    room: float = 0.0,
) -> None:
    """Make it an axis of time that holds these values, and 0 if asked to.

    It has about as many ticks as wanted, and at both ends `room`, a share of its length.
    """
    known = _finite(values)
    log = not zero and wide(known)
    low, high = _limits(known, log, zero, room)
    if log:
        # Powers of ten of a second, beyond a minute as well: they stand equally far apart.
        ticks = {tick: _time(tick, _unit(tick / 0.9999, _UNITS[1:])) for tick in _powers(low, high)}
    else:
        unit = _unit(high / 2, _UNITS)
        places = [tick * unit[0] for tick in _steps(low / unit[0], high / unit[0], wanted)]
        ticks = {tick: _time(tick, unit) for tick in places}
    fix(axis, low, high, ticks, label, log)


def _unit(seconds: float, units: Sequence[Unit]) -> Unit:
    """The largest unit that fits, or the smallest there is."""
    return next((unit for unit in units if seconds >= unit[0]), units[-1])


def _time(seconds: float, unit: Unit) -> str:
    return number(seconds / unit[0], f" {unit[1]}")


def numbers(
    axis: Axis,
    values: Iterable[float],
    label: str,
    unit: str = "",
    *,
    zero: bool = False,
    log: bool = False,
    wanted: int = 6,
    scale: float = 1.0,
) -> None:
    """Make it an axis of counts, rates or ratios; `unit` follows each number times `scale`."""
    known = _finite(values)
    log = log and min(known) > 0
    low, high = _limits(known, log, zero, room=0.0)
    ticks = _powers(low, high) if log else _steps(low * scale, high * scale, wanted)
    fix(axis, low, high, {tick / scale: number(tick, unit) for tick in ticks}, label, log)


def fix(
    axis: Axis, low: float, high: float, ticks: Mapping[float, str], label: str, log: bool = False
) -> None:
    """Give an axis its ends, these ticks with a word and a rule at each, and a label."""
    name = "x" if axis is axis.axes.xaxis else "y"
    axis.axes.set(**{f"{name}scale": "log" if log else "linear", f"{name}lim": (low, high)})
    axis.set_ticks([], minor=True)
    axis.set_ticks(list(ticks), list(ticks.values()))
    axis.grid(color=INK, alpha=FAINT, linewidth=0.6)
    axis.axes.set_axisbelow(True)
    axis.labelpad = 3
    axis.set_label_text(f"{label} (logarithmic)" if log and label else label, size=SMALL, color=INK)


def wide(values: Iterable[float]) -> bool:
    """Whether these are so far apart that only a logarithmic axis shows them all."""
    known = _finite(values)
    return max(known) > WIDE * min(known) > 0


def thin(ticks: Sequence[float], least: float) -> list[float]:
    """These ticks without those nearer than that to the one before."""
    apart: list[float] = []
    for tick in ticks:
        if not apart or tick - apart[-1] >= least:
            apart.append(tick)
    return apart


def number(value: float, unit: str) -> str:
    """`2,000 ms`, `10kx`: the fewest digits that say it."""
    from matplotlib.ticker import EngFormatter

    if not value:
        return "0"
    text = EngFormatter(sep="")(value) if abs(value) >= 10_000 else f"{value:,.6g}"
    return f"{text}{unit}"


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)] or [0.0, 1.0]


def _limits(values: Sequence[float], log: bool, zero: bool, room: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    if log:
        gap = (high / low) ** (0.04 + room) * 1.02
        return low / gap, high * gap
    if zero:
        return 0.0, high * 1.04 or 1.0
    gap = max((0.06 + room) * (high - low), 0.02 * abs(high), 1e-12)
    return (max(0.0, low - gap) if low >= 0 and not room else low - gap), high + gap


def _steps(low: float, high: float, wanted: int) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    hair = 1e-9 * (high - low)  # a step of 0.1 may end that far beyond 0.3
    ticks = MaxNLocator(wanted, steps=_STEPS).tick_values(low, high)
    return [float(tick) for tick in ticks if low - hair <= tick <= high + hair]


def _powers(low: float, high: float) -> list[float]:
    """Ticks at 1-2-5 of each power of ten, or at powers alone where those would be too many."""
    from matplotlib.ticker import LogLocator

    for digits in ((1.0, 2.0, 5.0), (1.0,)):
        every = LogLocator(subs=digits, numticks=_MOST).tick_values(low, high)
        ticks = [float(tick) for tick in every if low <= tick <= high]
        if 1 < len(ticks) <= _MOST:  # over many decades matplotlib gives none at 1-2-5
            break
    return ticks
