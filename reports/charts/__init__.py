"""Charts of a stored run, as SVG for a page and as files; made from what is stored alone.

Importing this loads no matplotlib.
"""

from __future__ import annotations

from .chart import Chart
from .gallery import draw, save
from .style import colour

__all__ = ["Chart", "colour", "draw", "save"]
