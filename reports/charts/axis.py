"""Axes of a chart: from a scale to ticks and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scales import Scale
from .style import FAINT, INK, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
