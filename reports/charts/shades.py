"""The colours of the grid: how near a cell came to its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .style import INK, luminance

if TYPE_CHECKING:
    from ..cells import Row

_COLOURS = "viridis"  # in grey it goes from dark to light, also to colour-blind eyes
_DARK, _LIGHT = "#101418", "#fdfdfd"


def shade(share: float) -> str:
    """The colour of a share of the limit; of 1 beyond it."""
    import matplotlib
    from matplotlib.colors import to_hex

    return to_hex(matplotlib.colormaps[_COLOURS](min(1.0, max(0.0, share))))


def fill(row: Row) -> tuple[str | None, str]:
    """The colour of a cell, none without a limit, and of text that is read on it."""
    if row.of_limit is None:
        return None, INK
    found = shade(row.of_limit)
    # Where black and white are read equally well (WCAG 2.2).
    return found, _DARK if luminance(found) > 0.18 else _LIGHT
